/* SPDX-License-Identifier: MIT */
/*
 * Unit tests of mm/: a frame for tests against a model.
 *
 * Each test runs in a process of its own, forked off a machine that has just booted (or has not,
 * for TEST_BEFORE_BOOT), so it may leave everything in any state. Random choices come from a seed
 * that is printed with the result; the same seed gives the same run.
 */
#ifndef TEST_UNIT_H
#define TEST_UNIT_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unit_test {
    const char *name;
    void (*run)(void);
    bool before_boot;
    struct unit_test *next;
};
void unit_register(struct unit_test *test);

#define TEST_REGISTER(name_, before_boot_)                                                         \
    static void test_##name_(void);                                                                \
    __attribute__((constructor)) static void register_##name_(void)                                \
    {                                                                                              \
        static struct unit_test test = {#name_, test_##name_, before_boot_, NULL};                 \
        unit_register(&test);                                                                      \
    }                                                                                              \
    static void test_##name_(void)
#define TEST(name)             TEST_REGISTER(name, false)
#define TEST_BEFORE_BOOT(name) TEST_REGISTER(name, true)

/* Ends the test when `cond` does not hold. */
#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond))                                                                               \
            unit_fail(__FILE__, __LINE__, #cond);                                                  \
    } while (0)
__attribute__((noreturn)) void unit_fail(const char *file, int line, const char *what);

/* Ends the test unless `statement` panics with a message that contains `text`. */
#define CHECK_PANICS(statement, text)                                                              \
    do {                                                                                           \
        jmp_buf env_;                                                                              \
        if (!setjmp(env_)) {                                                                       \
            unit_expect_panic(&env_);                                                              \
            statement;                                                                             \
            unit_fail(__FILE__, __LINE__, "no panic: " #statement);                                \
        }                                                                                          \
        unit_check_panic(__FILE__, __LINE__, text);                                                \
    } while (0)
void unit_expect_panic(jmp_buf *env);
void unit_check_panic(const char *file, int line, const char *text);

uint64_t random_u64(void);
/* Evenly from [0, n), n > 0. */
uint64_t random_below(uint64_t n);
static inline bool one_in(unsigned n)
{
    return random_below(n) == 0;
}

/* Supplied by the machine under test (machine.c). */
void unit_map_memory(void);
void unit_boot(void);

#endif
