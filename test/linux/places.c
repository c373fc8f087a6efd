/* SPDX-License-Identifier: MIT */
/*
 * An ordinary program of Linux, for test/suites/dynamic.py: compiled against the cross compiler's
 * own C library, it shows where it and its libraries lie, and what the kernel told them.
 *
 *   maps, smaps   /proc/self/maps or smaps, once data, heap and stack have been written to
 *   shared        the same of a second process that runs the same program
 *   fixed         maps of a run without randomness
 *   auxv          what the auxiliary vector says, and what is so
 *   libraries     what the dynamic linker has found, the vdso among it
 *   unwind        the calls that led to a fault, from within its handler, which the kernel was told
 *                 no way back from
 */
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unwind.h>

static volatile long data = 39;
static volatile long bss[3000];

static int show(const char *path)
{
    FILE *f = fopen(path, "r");
    char line[512];

    if (!f || data != 39 || bss[2000] != 0)
        return 1;
    data = 40;
    bss[2000] = 41;
    while (fgets(line, sizeof(line), f))
        fputs(line, stdout);
    return fclose(f) || data != 40 || bss[2000] != 41;
}

static int again(char *name, char *what)
{
    char *argv[] = {name, what, NULL};

    fflush(stdout);
    execv(name, argv);
    perror(name);
    return 1;
}

/* The parent goes on running the program, with its own data, while the child shows its memory. */
static int show_shared(char *name)
{
    int status;
    pid_t pid;

    data = 1;
    pid = fork();
    if (pid == 0)
        _exit(again(name, "smaps"));
    return waitpid(pid, &status, 0) != pid || status != 0 || data != 1;
}

int main(int argc, char **argv);

static int show_auxv(void)
{
    static const struct {
        const char *name;
        unsigned long type;
    } entries[] = {
        {"base", AT_BASE},     {"phdr", AT_PHDR},
        {"phnum", AT_PHNUM},   {"entry", AT_ENTRY},
        {"random", AT_RANDOM}, {"vdso", AT_SYSINFO_EHDR},
        {"execfn", AT_EXECFN}, {"platform", AT_PLATFORM},
        {"pagesz", AT_PAGESZ}, {"minsigstksz", AT_MINSIGSTKSZ},
        {"secure", AT_SECURE}, {"hwcap", AT_HWCAP},
    };

    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
        printf("%s %lx\n", entries[i].name, getauxval(entries[i].type));
    printf("main %lx\nname %s\nmachine %s\n", (unsigned long)main, (char *)getauxval(AT_EXECFN),
           (char *)getauxval(AT_PLATFORM));
    return 0;
}

static int show_library(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size, (void)arg;
    printf("%lx %s\n", (unsigned long)info->dlpi_addr, info->dlpi_name);
    return 0;
}

/* --- unwinding --- */

/* The unwinder calls it. The C library's own wakes other threads, for which xv39 has no call. */
int pthread_once(pthread_once_t *once, void (*function)(void))
{
    if (!*once)
        function();
    *once = 1;
    return 0;
}

static jmp_buf out;

__attribute__((noinline)) static void crash(volatile int *p)
{
    *p = 1;
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static int caller(void)
{
    crash(NULL);
    return 1;
}

static _Unwind_Reason_Code show_frame(struct _Unwind_Context *context, void *arg)
{
    int before;
    const char *ip = (const char *)_Unwind_GetIPInfo(context, &before);
    const char *vdso = (const char *)getauxval(AT_SYSINFO_EHDR);
    /* It looks for the byte before, as is right for a return address. */
    const char *start = _Unwind_FindEnclosingFunction((void *)(ip + before));

    (void)arg;
    if (ip >= vdso && ip < vdso + 4096)
        puts("vdso");
    else if (start == (const char *)crash)
        puts(before ? "crash, at the very instruction" : "crash");
    else if (start == (const char *)caller)
        puts("caller");
    else if (start == (const char *)main)
        puts("main");
    return _URC_NO_REASON;
}

static void handler(int signo, siginfo_t *info, void *context)
{
    (void)signo, (void)info, (void)context;
    _Unwind_Backtrace(show_frame, NULL);
    longjmp(out, 1);
}

/* As rt_sigaction takes it, without a restorer. */
static int show_unwound(void)
{
    struct {
        void *handler;
        unsigned long flags;
        unsigned long rest[2];
    } action = {.handler = (void *)handler, .flags = SA_SIGINFO};

    if (syscall(SYS_rt_sigaction, SIGSEGV, &action, NULL, 8))
        return 1;
    return setjmp(out) ? 0 : caller();
}

int main(int argc, char **argv)
{
    char *what = argc > 1 ? argv[1] : "";
    char *heap = malloc(1000);

    if (!heap)
        return 1;
    memset(heap, 1, 1000);
    if (strcmp(what, "maps") == 0)
        return show("/proc/self/maps");
    if (strcmp(what, "smaps") == 0)
        return show("/proc/self/smaps");
    if (strcmp(what, "shared") == 0)
        return show_shared(argv[0]);
    if (strcmp(what, "fixed") == 0)
        return personality(ADDR_NO_RANDOMIZE) == -1 || again(argv[0], "maps");
    if (strcmp(what, "auxv") == 0)
        return show_auxv();
    if (strcmp(what, "libraries") == 0)
        return dl_iterate_phdr(show_library, NULL);
    if (strcmp(what, "unwind") == 0)
        return show_unwound();
    return 2;
}
