/* SPDX-License-Identifier: MIT */
/* What the claims' probes are made of: looking at areas and pages, faults, other processes. */
#include "tour.h"
#include <cli.h>
#include <errno.h>
#include <fcntl.h>
#include <pageinfo.h>
#include <pagetables.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- areas and pages --- */

void find_area(int pid, uint64_t address, struct proc_map *map)
{
    errno = 0;
    if (!proc_find_map(pid, address, map))
        give_up("no area holds %lx", address);
}

size_t count_areas(int pid)
{
    FILE *f = proc_open(pid, "maps");
    struct proc_map map;
    size_t n = 0;

    if (!f)
        give_up("%s", proc_path(pid, "maps"));
    while (proc_next_map(f, &map, NULL))
        n++;
    fclose(f);
    return n;
}

int any_area(int pid, uint64_t start, uint64_t end)
{
    FILE *f = proc_open(pid, "maps");
    struct proc_map map;
    int found = 0;

    if (!f)
        give_up("%s", proc_path(pid, "maps"));
    while (!found && proc_next_map(f, &map, NULL))
        found = map.start < end && map.end > start;
    fclose(f);
    return found;
}

const char *area_name(const struct proc_map *map)
{
    if (!map->name[0])
        return "anonymous";
    return map->name[0] == '/' ? base_name(map->name) : map->name;
}

void say_where(const char *what, int pid, uint64_t address, struct proc_map *map)
{
    find_area(pid, address, map);
    say("%-14s %12lx in %lx-%lx %s %s", what, address, map->start, map->end, map->perms,
        area_name(map));
}

uint64_t frame_of(int pid, uint64_t address)
{
    uint64_t word = page_word(pid, address);

    return word & PM_PRESENT ? PM_PFN(word) : 0;
}

uint64_t kernel_physical(uint64_t address)
{
    struct pt_step steps[PT_MAX_LEVELS];
    uint64_t physical;
    int n = pt_walk(PROC_SELF, address, steps);

    if (n < 0)
        give_up("/proc/kernel_page_tables");
    return pt_physical(steps, n, address, &physical) ? physical : 0;
}

uint64_t status_kib(const char *key)
{
    return proc_value("/proc/self/status", key);
}

/* --- faults --- */

static sigjmp_buf escape;
static struct fault caught;

static void on_fault(int signo, siginfo_t *info, void *context)
{
    (void)context;
    caught = (struct fault){signo, info->si_code, (uint64_t)info->si_addr};
    siglongjmp(escape, 1);
}

/* On a stack of its own, for the fault may be that the stack has no more room. */
static void catch_faults(struct sigaction *segv, struct sigaction *bus)
{
    static char stack[4 * SIGSTKSZ];
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction act;

    memset(&act, 0, sizeof(act));
    act.sa_sigaction = on_fault;
    act.sa_flags = SA_SIGINFO | SA_ONSTACK;
    if (sigaltstack(&alternate, NULL) < 0 || sigaction(SIGSEGV, &act, segv) < 0 ||
        sigaction(SIGBUS, &act, bus) < 0)
        give_up("catching faults");
}

struct fault provoke(enum access access, uint64_t address)
{
    volatile char *p = (volatile char *)address;
    struct sigaction segv, bus;

    memset(&caught, 0, sizeof(caught));
    catch_faults(&segv, &bus);
    if (sigsetjmp(escape, 1) == 0) {
        if (access == ACCESS_READ)
            (void)*p;
        else if (access == ACCESS_WRITE)
            *p = 1;
        else
            ((void (*)(void))address)();
    }
    sigaction(SIGSEGV, &segv, NULL);
    sigaction(SIGBUS, &bus, NULL);
    return caught;
}

const char *fault_text(const struct fault *f)
{
    static char text[80];
    const char *why = f->code == SEGV_MAPERR   ? "no area of this process"
                      : f->code == SEGV_ACCERR ? "what is there does not allow it"
                                               : "no such address";

    if (!f->signo)
        return "no fault";
    if (f->signo == SIGBUS)
        why = "there is nothing to map there";
    snprintf(text, sizeof(text), "%s at %lx: %s", f->signo == SIGSEGV ? "SIGSEGV" : "SIGBUS",
             f->address, why);
    return text;
}

/* --- processes --- */

static int join(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, 0) != pid)
        give_up("waiting for a process");
    return status;
}

void partner_start(struct partner *p, void (*fn)(void *report, const void *arg), const void *arg,
                   void *report, size_t size)
{
    int told[2], hold[2];
    char c;

    if (pipe2(told, O_CLOEXEC) < 0 || pipe2(hold, O_CLOEXEC) < 0)
        give_up("pipe");
    p->pid = fork();
    if (p->pid < 0)
        give_up("fork");
    if (p->pid == 0) {
        close(told[0]);
        close(hold[1]);
        fn(report, arg);
        if (write(told[1], report, size) != (ssize_t)size)
            _exit(1);
        while (read(hold[0], &c, 1) > 0)
            ;
        _exit(0);
    }
    close(told[1]);
    close(hold[0]);
    p->hold = hold[1];
    errno = 0;
    if (read(told[0], report, size) != (ssize_t)size)
        give_up("a process has ended before its report");
    close(told[0]);
}

int partner_end(struct partner *p)
{
    close(p->hold);
    return join(p->pid);
}

int in_child(void (*fn)(const void *arg), const void *arg)
{
    pid_t pid = fork();

    if (pid < 0)
        give_up("fork");
    if (pid == 0) {
        fn(arg);
        _exit(0);
    }
    return join(pid);
}

void program_start(struct program *p, const char *path, char *const argv[])
{
    int in[2], out[2];

    memset(p, 0, sizeof(*p));
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        give_up("pipe");
    p->pid = fork();
    if (p->pid < 0)
        give_up("fork");
    if (p->pid == 0) {
        if (dup2(in[0], 0) == 0 && dup2(out[1], 1) == 1)
            execv(path, argv);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    p->input = in[1];
    p->output = out[0];
}

void program_ask(struct program *p, const char *line, int lines)
{
    size_t n = strlen(line), have = 0;

    errno = 0;
    if (write(p->input, line, n) != (ssize_t)n)
        give_up("a program does not take its input");
    while (lines > 0 && have + 1 < sizeof(p->text) && read(p->output, p->text + have, 1) == 1)
        lines -= p->text[have++] == '\n';
    p->text[have] = '\0';
    errno = 0;
    if (lines > 0)
        give_up("a program has not answered");
}

uint64_t program_address(const struct program *p, const char *word)
{
    size_t n = strlen(word);

    for (const char *line = p->text; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (strncmp(line, word, n) == 0 && line[n] == ' ')
            return strtoul(line + n, NULL, 16);
    return 0;
}

int program_end(struct program *p)
{
    close(p->input);
    close(p->output);
    return join(p->pid);
}

/* --- the example program --- */

const char *shared_letters(void)
{
    /* With a compiler's own library, if somebody has put it on the disk; with ours. */
    static const char compilers[] = "/usr/bin/letters", ours[] = "/bin/letters-shared";

    return access(compilers, X_OK) == 0 ? compilers : ours;
}

void letters_start(struct program *p, const char *path, int letters)
{
    char *argv[] = {"letters", "-a", NULL}, line[16];

    program_start(p, path, argv);
    snprintf(line, sizeof(line), "%d\n", letters);
    /* Seven lines of addresses, and the letters: too many of them stay in the pipe. */
    program_ask(p, line, letters < 256 ? 8 : 7);
}
