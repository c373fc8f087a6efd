/* SPDX-License-Identifier: MIT */
/*
 * Rights that are taken away are gone at once: the process that had just used them is the one that
 * tries again, so that neither its page table nor its TLB may remember them. (What a fresh child
 * may do, as most other tests ask, says nothing about that.)
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)

/* Memory of several pages, each of them just written and read. */
static char *used(void)
{
    char *p = map(8 * PAGE, RW);

    for (int i = 0; i < 8; i++)
        p[i * PAGE] = i + 1;
    for (int i = 0; i < 8; i++)
        CHECK_EQ(p[i * PAGE], i + 1);
    return p;
}

static void write_after_readonly(void *arg)
{
    char *p = used();

    CHECK_OK(mprotect(p, 8 * PAGE, PROT_READ));
    CHECK_EQ(p[3 * PAGE], 4);
    do_write(p + 3 * PAGE);
    (void)arg;
}

static void read_after_none(void *arg)
{
    char *p = used();

    CHECK_OK(mprotect(p + 3 * PAGE, PAGE, PROT_NONE));
    CHECK_EQ(p[2 * PAGE] + p[4 * PAGE], 8);
    do_read(p + 3 * PAGE);
    (void)arg;
}

static void read_after_munmap(void *arg)
{
    char *p = used();

    CHECK_OK(munmap(p + 3 * PAGE, 2 * PAGE));
    CHECK_EQ(p[2 * PAGE] + p[5 * PAGE], 9);
    do_read(p + 4 * PAGE);
    (void)arg;
}

static void write_after_replacement(void *arg)
{
    char *p = used();

    CHECK(mmap(p, 8 * PAGE, PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == p);
    CHECK_EQ(p[3 * PAGE], 0);
    do_write(p + 3 * PAGE);
    (void)arg;
}

static void read_after_brk(void *arg)
{
    char *p = sbrk(4 * PAGE);

    CHECK(p != (char *)-1);
    p += -(unsigned long)p % PAGE;
    memset(p, 1, 3 * PAGE);
    CHECK(sbrk(-3 * (long)PAGE) != (char *)-1);
    do_read(p + 2 * PAGE);
    (void)arg;
}

static void jump_after_noexec(void *arg)
{
    char *p = used();

    memcpy(p, code_bytes(), code_size());
    CHECK_OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
    do_jump(p);
    do_jump(p);
    CHECK_OK(mprotect(p, PAGE, PROT_READ));
    read_byte((unsigned long)p);
    do_jump(p);
    (void)arg;
}

static void write_text_again(void *arg)
{
    unsigned long page = (unsigned long)code_bytes() & -PAGE;

    CHECK_OK(mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
    write_byte(page, *(volatile char *)page);
    CHECK_OK(mprotect((void *)page, PAGE, PROT_READ | PROT_EXEC));
    write_byte(page, *(volatile char *)page);
    (void)arg;
}

static void access_rights(void)
{
    static child_fn *const all[] = {write_after_readonly,    read_after_none, read_after_munmap,
                                    write_after_replacement, read_after_brk,  jump_after_noexec,
                                    write_text_again};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        EXPECT_SIGNAL(all[i], i, SIGSEGV);
}

/* The kernel's own reads and writes for a program know no more than the program's. */
static void by_system_call(void)
{
    char *p = used(), c = 'x';
    int fds[2];

    CHECK_OK(pipe(fds));
    write_full(fds[1], &c, 1);
    CHECK_OK(mprotect(p, PAGE, PROT_READ));
    CHECK_ERR(read(fds[0], p, 1), EFAULT);
    CHECK_EQ(p[0], 1);
    CHECK_OK(mprotect(p, PAGE, PROT_NONE));
    CHECK_ERR(write(fds[1], p, 1), EFAULT);
    CHECK_OK(munmap(p + PAGE, PAGE));
    CHECK_ERR(write(fds[1], p + PAGE, 1), EFAULT);
    CHECK_EQ(write(fds[1], p + 2 * PAGE, 1), 1);
}

/* Rights that are given come at once, too, and the contents are what they were. */
static void given_back(void)
{
    char *p = used();

    for (int round = 0; round < 50; round++) {
        CHECK_OK(mprotect(p, 8 * PAGE, PROT_READ));
        CHECK_EQ(p[5 * PAGE], 6 + round);
        CHECK_OK(mprotect(p, 8 * PAGE, round % 2 ? PROT_NONE : PROT_READ));
        CHECK_OK(mprotect(p, 8 * PAGE, RW));
        p[5 * PAGE]++;
    }
}

/* Another page at an address that has just been used: what is read there is the new one's. */
static void other_page(void)
{
    char *p = used();

    for (int round = 0; round < 200; round++) {
        memset(p, round, PAGE);
        CHECK_EQ(p[77], (char)round);
        CHECK_OK(munmap(p, PAGE));
        CHECK(mmap(p, PAGE, RW, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == p);
        CHECK_EQ(p[77], 0);
    }
}

/*
 * After fork the parent's next write goes to a page of its own, though it could write just before.
 */
static void write_after_fork(void)
{
    char *p = used();

    for (int round = 0; round < 30; round++) {
        int go[2];
        char c = 'g';
        pid_t pid;

        p[0] = 10;
        CHECK_OK(pipe(go));
        pid = CHECK_OK(fork());
        if (pid == 0)
            _exit(read(go[0], &c, 1) == 1 && p[0] == 10 ? 0 : 1);
        p[0] = 20;
        write_full(go[1], &c, 1);
        JOIN(pid);
        CHECK_EQ(p[0], 20);
        close(go[0]);
        close(go[1]);
    }
}

/*
 * No program runs on two processors at a time, so the kernel itself sees whether the others forget
 * what they are told to forget. It needs all of them for a moment.
 */
static void other_processors(void)
{
    static const char word[] = "tlb-check";
    int fd = CHECK_OK(open("/dev/provoke", O_WRONLY));
    long r = -1;

    for (int tries = 0; r < 0 && tries < 5; tries++) {
        r = write(fd, word, strlen(word));
        CHECK(r > 0 || errno == EBUSY);
    }
    CHECK_EQ(r, strlen(word));
}

static void compute(void *arg)
{
    (void)arg;
    for (;;)
        ;
}

/* Where all processors have something else to do, the check may fail, but soon. */
static void busy_processors(void)
{
    static const char word[] = "tlb-check";
    int fd = CHECK_OK(open("/dev/provoke", O_WRONLY));
    long shortest = LONG_MAX;
    pid_t children[8];

    for (int i = 0; i < 8; i++)
        children[i] = spawn(compute, NULL);
    for (int tries = 0; tries < 3; tries++) {
        long start = now_ms(), time;
        CHECK(write(fd, word, strlen(word)) > 0 || errno == EBUSY);
        time = now_ms() - start;
        shortest = time < shortest ? time : shortest;
    }
    for (int i = 0; i < 8; i++) {
        CHECK_OK(kill(children[i], SIGKILL));
        join(children[i]);
    }
    CHECK(shortest < 1800);
}

const struct test revoke_tests[] = {
    {"revoke-access", access_rights, 0},
    {"revoke-by-system-call", by_system_call, 0},
    {"revoke-given-back", given_back, 0},
    {"revoke-other-page", other_page, 0},
    {"revoke-write-after-fork", write_after_fork, 0},
    {"revoke-other-processors", other_processors, T_OWN},
    {"revoke-busy-processors", busy_processors, T_OWN},
    {NULL, NULL, 0},
};
