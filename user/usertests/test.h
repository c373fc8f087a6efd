/* SPDX-License-Identifier: MIT */
/*
 * usertests: what a program may expect of the kernel, checked from a program.
 *
 * A test is a function that returns when all is well. Each runs in a process of its own, leader of
 * its own process group, in an empty directory of its own; the first check that fails ends it, and
 * its message is what the runner prints. Checks may be used in children of a test as well: the
 * message goes to the runner all the same, and the child ends with status 1, which JOIN() in its
 * parent notices. The expectations are those of the Linux manual pages: `make linux-check` compiles
 * the same tests against another C library and runs them on Linux, as an ordinary user; tests
 * marked T_OWN are about xv39 itself, and `usertests -r` leaves them out.
 */
#ifndef TEST_H
#define TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE 4096ul
#define KiB  1024ul
#define MiB  (1024 * KiB)
#define GiB  (1024 * MiB)

enum {
    T_STRESS = 1, /* takes long: only with -s */
    T_OWN = 2,    /* about xv39: left out with -r */
};

/* Each file of tests has a table, ended by an entry without a name, and a line in tables.def. */
struct test {
    const char *name; /* "subject-what": `usertests subject` runs all of a subject */
    void (*fn)(void);
    unsigned flags;
};

extern bool stress;        /* -s */
extern bool reference;     /* -r */
extern unsigned long seed; /* of every test that draws numbers; -S sets it */

/* --- checks (check.c) --- */
_Noreturn void fail(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
_Noreturn void skip(const char *why); /* ends the test: neither passed nor failed */
void check_eq(const char *file, int line, const char *expr, long got, long want);
void check_err(const char *file, int line, const char *expr, long got, int want);
long check_ok(const char *file, int line, const char *expr, long got);

#define CHECK(cond)          ((cond) ? (void)0 : fail(__FILE__, __LINE__, "%s", #cond))
#define CHECK_EQ(expr, want) check_eq(__FILE__, __LINE__, #expr, (long)(expr), (long)(want))
/* -1 with errno `want`. */
#define CHECK_ERR(expr, want) check_err(__FILE__, __LINE__, #expr, (long)(expr), want)
/* Anything but -1, which is its value. */
#define CHECK_OK(expr) check_ok(__FILE__, __LINE__, #expr, (long)(expr))
#define FAIL(...)      fail(__FILE__, __LINE__, __VA_ARGS__)

/* --- children (check.c) --- */
typedef void child_fn(void *arg);
/* A child that runs fn and ends with status 0 when it returns. */
pid_t spawn(child_fn *fn, void *arg);
/* Waits for that child; the status as wait() gives it. */
int join(pid_t pid);
/* The same, but kills it when it is not done in so many milliseconds. */
int join_or_kill(pid_t pid, int ms);
void check_join(const char *file, int line, pid_t pid);
void check_signal(const char *file, int line, const char *what, child_fn *fn, void *arg, int signo);
#define JOIN(pid) check_join(__FILE__, __LINE__, pid)
/* A child that runs fn(arg) must die by this signal. */
#define EXPECT_SIGNAL(fn, arg, signo)                                                              \
    check_signal(__FILE__, __LINE__, #fn, fn, (void *)(arg), signo)
/* Children for EXPECT_SIGNAL that read, write, or jump to an address. */
child_fn do_read, do_write, do_jump;
void read_byte(unsigned long addr);
void write_byte(unsigned long addr, int value);

/* --- the machine and its memory (machine.c) --- */
/* The first address behind the user half: 2^38, 2^47 or 2^56 by the paging format. */
unsigned long user_end(void);
#define USER_LIMIT (user_end() - PAGE) /* TASK_SIZE */
/* The first address of one of the 512 slots of the root page table. */
unsigned long slot_va(unsigned slot);
/* May do what is reserved for the administrator; on xv39 everyone may. */
bool privileged(void);
/* KiB of a line of /proc/meminfo; fails the test when there is no such line. */
long meminfo(const char *name);
/* KiB of a line of /proc/self/status. */
long self_status(const char *name);
/* Gives back what the kernel keeps only because nobody else wanted it. */
void drop_caches(void);
/*
 * MemFree, KiB, with caches dropped. Waits, a few seconds at most, until it is at least `want`, for
 * the dead give their memory back in their own time.
 */
long free_memory(long want);
/* Milliseconds on a clock that nobody sets. */
long now_ms(void);
/* Anonymous private memory, anywhere. */
void *map(size_t size, int prot);
/* The first bytes of a file, anywhere. */
void *map_file(int fd, size_t size, int prot, int flags);
/* How many of n pages (64 at most) are there. */
int resident(const void *p, size_t n);
/* Executable memory with a function in it that returns at once, or that memory's code to copy. */
size_t code_size(void);
const void *code_bytes(void);

/* --- /proc/self/maps (machine.c) --- */
struct area {
    unsigned long start, end, offset;
    char perms[5];
    char name[80];
};
/* The first `max` areas that end above `from`; how many were stored. */
int read_areas(unsigned long from, struct area *out, int max);
/* How many there are that touch [start, end). */
int areas_in(unsigned long start, unsigned long end);
/* The one that holds addr. */
bool area_at(unsigned long addr, struct area *out);
/* The one with this name, "[stack]". */
bool area_named(const char *name, struct area *out);

/* --- files and data (data.c) --- */
/* The path of this program. */
const char *self_path(void);
/* Makes a file of these bytes, mode 0755. */
void write_file(const char *path, const void *data, size_t size);
/* Reads a whole file of at most size - 1 bytes and terminates it; its length. */
size_t read_file(const char *path, char *buf, size_t size);
/* A file of so many pages, each full of its number plus one, open for reading and writing. */
int numbered_file(const char *path, int pages);
bool exists(const char *path);
/* All of n, in as many calls as it takes; fewer only at the end of the file. */
size_t read_full(int fd, void *buf, size_t n);
void write_full(int fd, const void *buf, size_t n);
/*
 * Bytes that tell their position and `seed`; buf is aligned to 8. check_pattern fails the test at
 * the first wrong one.
 */
void fill_pattern(void *buf, size_t n, unsigned long seed);
void check_pattern(const void *buf, size_t n, unsigned long seed);
bool all_bytes(const void *buf, size_t n, int value);
/* A pseudo-random number; *state is any number. */
unsigned long draw(unsigned long *state);

/* elf.c: makes an executable file of machine code, 256 bytes at most (<arch/machinecode.h>). */
void write_program(const char *path, const void *code, size_t size);

/* lazy.c: unmaps what makes this program's address space large, and only its own tests need. */
void drop_large_bss(void);

/* exec.c: what this program does when it was started by one of its own tests. */
int probe_main(int argc, char **argv, char **envp);

#endif
