/* SPDX-License-Identifier: MIT */
/* Code is read and run, never written; data is never run; code is shared by all who run it. */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const long constant[8] = {1, 2, 3};
static char data_code[64] __attribute__((aligned(64))) = "x";
static char bss_code[64] __attribute__((aligned(64)));

static void not_writable(void)
{
    const unsigned char *code = code_bytes();
    unsigned char first = code[0];

    EXPECT_SIGNAL(do_write, code, SIGSEGV);
    EXPECT_SIGNAL(do_write, not_writable, SIGSEGV);
    EXPECT_SIGNAL(do_write, (unsigned long)not_writable & -PAGE, SIGSEGV);
    EXPECT_SIGNAL(do_write, do_write, SIGSEGV);
    CHECK_EQ(*(volatile const unsigned char *)code, first);
    JOIN(spawn(do_read, (void *)code));
    JOIN(spawn(do_jump, (void *)code));
}

static void constants_not_writable(void)
{
    const char *volatile literal = "a string";

    EXPECT_SIGNAL(do_write, constant, SIGSEGV);
    EXPECT_SIGNAL(do_write, literal, SIGSEGV);
    CHECK_EQ(*(volatile const long *)constant, 1);
    CHECK_EQ(*literal, 'a');
    /* The pointer itself is data. */
    literal = "another";
    CHECK_EQ(literal[1], 'n');
}

static void data_not_executable(void)
{
    char stack_code[64] __attribute__((aligned(64)));
    char *heap_code = malloc(64), *mapped = map(PAGE, PROT_READ | PROT_WRITE);
    char *places[] = {data_code, bss_code, stack_code, heap_code, mapped};

    CHECK(heap_code != NULL);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        memcpy(places[i], code_bytes(), code_size());
        EXPECT_SIGNAL(do_jump, places[i], SIGSEGV);
    }
    EXPECT_SIGNAL(do_jump, constant, SIGSEGV);
}

/* What a compiler at run time does: write, then make executable. */
static void written_then_run(void)
{
    char *p = map(PAGE, PROT_READ | PROT_WRITE);

    memcpy(p, code_bytes(), code_size());
    EXPECT_SIGNAL(do_jump, p, SIGSEGV);
    CHECK_OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
    JOIN(spawn(do_jump, p));
    do_jump(p);
    EXPECT_SIGNAL(do_write, p, SIGSEGV);
    CHECK_OK(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
    EXPECT_SIGNAL(do_jump, p, SIGSEGV);
}

/* Text made writable is a copy of our own: neither the file nor another process sees it. */
static void private_patch(void)
{
    unsigned char *code = (unsigned char *)(uintptr_t)code_bytes();
    unsigned long page = (unsigned long)code & -PAGE;
    unsigned char stored, old = code[code_size() - 1];
    struct area a;
    int fd;

    CHECK(area_at(page, &a));
    CHECK_OK(mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
    code[code_size() - 1] = old + 1;
    fd = CHECK_OK(open(self_path(), O_RDONLY));
    CHECK_EQ(pread(fd, &stored, 1, (unsigned long)code + code_size() - 1 - a.start + a.offset), 1);
    CHECK_EQ(stored, old);
    CHECK_EQ(((volatile unsigned char *)code)[code_size() - 1], (unsigned char)(old + 1));
    CHECK_OK(mprotect((void *)page, PAGE, PROT_READ | PROT_EXEC));
}

static void start_probe(int go, int ready, pid_t *pid)
{
    char a[12], b[12];
    char *argv[] = {"usertests", "--probe", "wait", a, b, NULL};

    snprintf(a, sizeof(a), "%d", go);
    snprintf(b, sizeof(b), "%d", ready);
    *pid = CHECK_OK(fork());
    if (*pid == 0) {
        execv(self_path(), argv);
        FAIL("exec: %s", strerror(errno));
    }
}

/* Many processes that have read all of their text take less memory than as many copies of it. */
static void shared(void)
{
    enum {
        N = 12
    };
    int go[2], ready[2];
    long before, used, text = 0;
    static struct area a[20];
    pid_t pid[N];
    char c;

    for (int i = 0, n = read_areas(0, a, 20); i < n; i++)
        if (strcmp(a[i].name, self_path()) == 0 && a[i].perms[1] == '-')
            text += (a[i].end - a[i].start) / KiB;
    CHECK_OK(pipe(go));
    CHECK_OK(pipe(ready));
    before = free_memory(0);
    for (int i = 0; i < N; i++)
        start_probe(go[0], ready[1], &pid[i]);
    for (int i = 0; i < N; i++)
        CHECK_EQ(read(ready[0], &c, 1), 1);
    used = before - meminfo("MemFree");
    for (int i = 0; i < N; i++)
        write_full(go[1], "g", 1);
    for (int i = 0; i < N; i++)
        JOIN(pid[i]);
    if (used > text + N * 150)
        FAIL("%d processes with %ld KiB of text each took %ld KiB", N, text, used);
}

/* This program as a file "copy", still open for both. */
static int copy_program(void)
{
    static char block[PAGE];
    int in = CHECK_OK(open(self_path(), O_RDONLY)), out;
    size_t n;

    write_file("copy", "", 0);
    out = CHECK_OK(open("copy", O_RDWR));
    while ((n = read_full(in, block, sizeof(block))) > 0)
        write_full(out, block, n);
    CHECK_OK(close(in));
    return out;
}

/* Whoever can store to a file by a mapping is writing it, also when its descriptor is closed. */
static void mapped_busy(void)
{
    char *argv[] = {"copy", "--probe", "echo", NULL};
    int fd = copy_program();
    char *p = (char *)CHECK_OK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));

    CHECK_OK(close(fd));
    CHECK_ERR(execv("copy", argv), ETXTBSY);
    *p = *(volatile char *)p;
    CHECK_OK(munmap(p, PAGE));
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        CHECK_EQ(dup2(CHECK_OK(open("out", O_WRONLY | O_CREAT, 0600)), 1), 1);
        execv("copy", argv);
        FAIL("exec: %s", strerror(errno));
    }
    JOIN(pid);
}

/* A program that runs cannot be written to, but it can be unlinked, and goes on. */
static void busy(void)
{
    int go[2], ready[2], out = copy_program();
    char a[12], b[12], c, *argv[] = {"copy", "--probe", "wait", a, b, NULL};
    pid_t pid;

    CHECK_OK(pipe(go));
    CHECK_OK(pipe(ready));
    snprintf(a, sizeof(a), "%d", go[0]);
    snprintf(b, sizeof(b), "%d", ready[1]);
    CHECK_ERR(execv("copy", argv), ETXTBSY); /* somebody is writing it */
    CHECK_OK(close(out));
    pid = CHECK_OK(fork());
    if (pid == 0) {
        execv("copy", argv);
        FAIL("exec: %s", strerror(errno));
    }
    CHECK_EQ(read(ready[0], &c, 1), 1);
    CHECK_ERR(open("copy", O_WRONLY), ETXTBSY);
    CHECK_ERR(open("copy", O_RDWR | O_TRUNC), ETXTBSY);
    CHECK_ERR(truncate("copy", 0), ETXTBSY);
    CHECK_OK(unlink("copy"));
    write_full(go[1], "g", 1);
    JOIN(pid);
    CHECK(!exists("copy"));
}

const struct test text_tests[] = {
    {"text-not-writable", not_writable, 0},
    {"text-constants-not-writable", constants_not_writable, 0},
    {"text-data-not-executable", data_not_executable, 0},
    {"text-written-then-run", written_then_run, 0},
    {"text-private-patch", private_patch, 0},
    {"text-shared", shared, T_OWN},
    {"text-busy", busy, 0},
    {"text-mapped-busy", mapped_busy, 0},
    {NULL, NULL, 0},
};
