/* SPDX-License-Identifier: MIT */
/* What this program does when one of its own tests starts it: `usertests --probe WHAT ...`. */
#include "test.h"
#include "runner.h"
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void probe_echo(int argc, char **argv, char **envp)
{
    for (int i = 0; i < argc; i++)
        printf("[%s]", argv[i]);
    for (char **e = envp; *e; e++)
        printf("{%s}", *e);
    CHECK(argv[argc] == NULL);
}

static void probe_count(int argc, char **argv)
{
    size_t bytes = 0;

    for (int i = 0; i < argc; i++)
        bytes += strlen(argv[i]) + 1;
    printf("%d %zu \n", argc, bytes);
}

static unsigned long auxv_value(char **envp, unsigned long type)
{
    const unsigned long *a;

    while (*envp)
        envp++;
    for (a = (unsigned long *)(envp + 1); a[0] != AT_NULL; a += 2)
        if (a[0] == type)
            return a[1];
    FAIL("the auxiliary vector has no type %lu", type);
}

static void probe_start(int argc, char **argv, char **envp)
{
    const Elf64_Phdr *ph = (const Elf64_Phdr *)auxv_value(envp, AT_PHDR);
    unsigned long entry = auxv_value(envp, AT_ENTRY);
    const char *random = (const char *)auxv_value(envp, AT_RANDOM);
    struct area a;

    /* argc, the first word on the stack, lies just below argv: there sp was, a multiple of 16. */
    CHECK_EQ((unsigned long)(argv - 1) % 16, 0);
    CHECK_EQ(((long *)argv)[-1], argc);
    CHECK(argv[argc] == NULL && argv + argc + 1 == envp);
    CHECK_EQ(auxv_value(envp, AT_PAGESZ), PAGE);
    CHECK_EQ(auxv_value(envp, AT_PHENT), sizeof(Elf64_Phdr));
    CHECK_EQ(auxv_value(envp, AT_SECURE), 0);
    CHECK_EQ(auxv_value(envp, AT_UID), getuid());
    CHECK_EQ(auxv_value(envp, AT_EUID), geteuid());
    CHECK_EQ(auxv_value(envp, AT_GID), getgid());
    CHECK_EQ(auxv_value(envp, AT_EGID), getegid());
    CHECK_EQ(auxv_value(envp, AT_CLKTCK), 100);
    CHECK_EQ(auxv_value(envp, AT_FLAGS), 0);
    CHECK(area_at(entry, &a) && a.perms[2] == 'x');
    CHECK(area_at((unsigned long)ph, &a) && a.perms[0] == 'r');
    CHECK(area_at((unsigned long)random, &a) && strcmp(a.name, "[stack]") == 0);
    CHECK(!all_bytes(random, 16, 0));
    CHECK_EQ(strcmp((const char *)auxv_value(envp, AT_EXECFN), self_path()), 0);
    CHECK(ph[0].p_type != 0 && auxv_value(envp, AT_PHNUM) >= 2);
}

/*
 * Which of two descriptors are open still, where we are, and that a mapping of 123 pages is gone.
 */
static void probe_kept(char **argv)
{
    static struct area a[100];
    char dir[200];

    CHECK(getcwd(dir, sizeof(dir)) != NULL);
    printf("pid %d dir %s keep %d drop %d", (int)getpid(), dir,
           fcntl(strtol(argv[3], NULL, 10), F_GETFD), fcntl(strtol(argv[4], NULL, 10), F_GETFD));
    for (int i = 0, n = read_areas(0, a, 100); i < n; i++)
        CHECK(a[i].end - a[i].start != 123 * PAGE);
}

static void probe_signals(void)
{
    printf("%s %s", signal(SIGUSR1, SIG_DFL) == SIG_IGN ? "ignored" : "not ignored",
           signal(SIGUSR2, SIG_DFL) == SIG_DFL ? "default" : "not default");
}

static void probe_chain(char **argv)
{
    long n = strtol(argv[3], NULL, 10);
    char left[24];
    char *next[] = {"u", "--probe", "chain", left, NULL};

    if (n == 0) {
        printf("end of chain");
        return;
    }
    snprintf(left, sizeof(left), "%ld", n - 1);
    execv(self_path(), next);
    FAIL("exec failed with %ld to go", n);
}

/* Touches all of its text, says so, and waits for a byte. */
static void probe_wait(char **argv)
{
    static struct area a[30];
    char c;

    for (int i = 0, n = read_areas(0, a, 30); i < n; i++)
        if (strcmp(a[i].name, self_path()) == 0 && a[i].perms[1] == '-')
            for (unsigned long at = a[i].start; at < a[i].end; at += PAGE)
                read_byte(at);
    write_full(strtol(argv[4], NULL, 10), "r", 1);
    CHECK_EQ(read(strtol(argv[3], NULL, 10), &c, 1), 1);
}

static void probe_stack(char **argv)
{
    struct area a;

    CHECK(area_named("[stack]", &a));
    write_byte(a.end - strtol(argv[3], NULL, 10) * MiB, 1);
}

static void probe_bottom_up(void)
{
    unsigned long a = (unsigned long)map(PAGE, PROT_READ), b = (unsigned long)map(PAGE, PROT_READ);

    CHECK(a < b && b < user_end() / 2);
}

/* The heap of a program that has not asked for any: a place, and nothing there. */
static void probe_heap(void)
{
    unsigned long end = syscall(SYS_brk, 0);
    struct area a;

    CHECK(!area_named("[heap]", &a));
    CHECK_EQ(end % PAGE, 0);
    CHECK(!area_at(end, &a));
}

/* What exec has put where: see aslr.c. */
static void probe_places(char **argv)
{
    struct area stack;

    CHECK(area_named("[stack]", &stack));
    printf("%lx %lx %lx %lx %lx\n", stack.end, (unsigned long)(argv - 1),
           (unsigned long)map(PAGE, PROT_READ), (unsigned long)sbrk(0), getauxval(AT_SYSINFO_EHDR));
}

int probe_main(int argc, char **argv, char **envp)
{
    const char *what = argc > 2 ? argv[2] : "";

    report_fd = 1;
    if (strcmp(what, "heap") == 0)
        probe_heap();
    else if (strcmp(what, "count") == 0)
        probe_count(argc, argv);
    else if (strcmp(what, "start") == 0)
        probe_start(argc, argv, envp);
    else if (strcmp(what, "kept") == 0 && argc == 5)
        probe_kept(argv);
    else if (strcmp(what, "signals") == 0)
        probe_signals();
    else if (strcmp(what, "chain") == 0 && argc == 4)
        probe_chain(argv);
    else if (strcmp(what, "wait") == 0 && argc == 5)
        probe_wait(argv);
    else if (strcmp(what, "stack") == 0 && argc == 4)
        probe_stack(argv);
    else if (strcmp(what, "places") == 0)
        probe_places(argv);
    else if (strcmp(what, "bottom-up") == 0)
        probe_bottom_up();
    else
        probe_echo(argc, argv, envp);
    return 0;
}
