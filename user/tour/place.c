/* SPDX-License-Identifier: MIT */
/* Claims 18 to 22: where things come to lie. */
#include "tour.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- this program, started anew, says where its things are --- */

struct places {
    uint64_t stack, heap, mapping, next; /* next: mapped after `mapping` */
};

static uint64_t map_one(void)
{
    return (uint64_t)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int print_places(void)
{
    struct proc_stat stat;
    /* Neighbours that are alike are one area, and have one address: these differ in nothing. */
    struct places p = {(uint64_t)&p, (uint64_t)sbrk(0), map_one(), map_one()};

    if (proc_stat(PROC_SELF, &stat) == 0)
        p.heap = stat.field[STAT_START_BRK];
    return write(1, &p, sizeof(p)) == sizeof(p) ? 0 : 1;
}

/* Starts it with this stack limit (0: as it is) and personality. */
static void start_anew(rlim_t limit, unsigned long persona, struct places *p)
{
    char *argv[] = {"tour", PLACES_OPTION, NULL};
    int fds[2];
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC) < 0 || (pid = fork()) < 0)
        give_up("fork");
    if (pid == 0) {
        struct rlimit stack;
        getrlimit(RLIMIT_STACK, &stack);
        if (limit)
            stack.rlim_cur = limit;
        if (setrlimit(RLIMIT_STACK, &stack) == 0 && personality(persona) >= 0 &&
            dup2(fds[1], 1) == 1)
            execv("/proc/self/exe", argv);
        _exit(127);
    }
    close(fds[1]);
    errno = 0;
    if (read(fds[0], p, sizeof(*p)) != sizeof(*p))
        give_up("a program has not answered");
    close(fds[0]);
    waitpid(pid, NULL, 0);
}

/* --- 18: not twice at the same place --- */

enum {
    STARTS = 4
};

static void not_twice(void)
{
    struct places p[STARTS], fixed[2];
    int stacks = 0, heaps = 0, mappings = 0;

    say("start  stack           heap            first mapping");
    for (int i = 0; i < STARTS; i++) {
        start_anew(0, PER_LINUX, &p[i]);
        say("%-5d  %-14lx  %-14lx  %lx", i + 1, p[i].stack, p[i].heap, p[i].mapping);
        stacks += p[i].stack != p[0].stack;
        heaps += p[i].heap != p[0].heap;
        mappings += p[i].mapping != p[0].mapping;
    }
    expect(stacks && heaps && mappings, "none of them is always the same");
    for (int i = 0; i < 2; i++)
        start_anew(0, ADDR_NO_RANDOMIZE, &fixed[i]);
    expect(memcmp(&fixed[0], &fixed[1], sizeof(fixed[0])) == 0,
           "with personality(ADDR_NO_RANDOMIZE) they are: %lx, %lx, %lx, twice", fixed[0].stack,
           fixed[0].heap, fixed[0].mapping);
    elsewhere(
        "the same, with %s of room for it rather than %s: what an attacker has to guess grows "
        "with the address space.",
        size_text(slot_size(there()) * 256), size_text(slot_size(here()) * 256));
}

/* --- 19: two layouts --- */

static void two_layouts(void)
{
    uint64_t task_size = fact("task_size"), limit = 8 * MIB;
    struct places flexible, classic;

    start_anew(limit, PER_LINUX, &flexible);
    start_anew(RLIM_INFINITY, PER_LINUX, &classic);
    say("stack limit  stack           first mapping   next");
    say("8 MiB        %-14lx  %-14lx  %lx", flexible.stack, flexible.mapping, flexible.next);
    say("none         %-14lx  %-14lx  %lx", classic.stack, classic.mapping, classic.next);
    expect(flexible.next < flexible.mapping && flexible.mapping + limit < flexible.stack &&
               flexible.mapping > task_size / 2,
           "with a limit: below the stack, with room for it to grow, and downward");
    expect(classic.next > classic.mapping && classic.mapping >= task_size / 3 &&
               classic.mapping < task_size / 3 * 2,
           "without one: from a third of the space on, %lx, and upward",
           (task_size / 3 + PAGE - 1) & -PAGE);
    elsewhere("a third is %lx.", ((slot_size(there()) * 256 - PAGE) / 3 + PAGE - 1) & -PAGE);
}

/* --- 20: files --- */

static uint64_t map_file(const char *path)
{
    int fd = open(path, O_RDONLY);
    void *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);

    if (fd < 0 || p == MAP_FAILED)
        give_up("%s", path);
    close(fd);
    return (uint64_t)p;
}

/*
 * The areas of the file that holds `address`, and the one without a file behind the writable one.
 */
static void library_areas(int pid, uint64_t address)
{
    FILE *f = proc_open(pid, "maps");
    struct proc_map library, map;
    int text = 0, data = 0, bss = 0;
    uint64_t end = 0;

    find_area(pid, address, &library);
    while (f && proc_next_map(f, &map, NULL)) {
        int ours = strcmp(map.name, library.name) == 0;
        if (!ours && !(map.start == end && !map.name[0]))
            continue;
        say("%lx-%lx %s %s", map.start, map.end, map.perms, area_name(&map));
        text += ours && strcmp(map.perms, "r-xp") == 0;
        data += ours && strcmp(map.perms, "rw-p") == 0;
        bss += !ours;
        end = ours && map.perms[1] == 'w' ? map.end : 0;
    }
    if (f)
        fclose(f);
    expect(text == 1 && data == 1 && bss == 1,
           "a library: its own text, its own data, and bss behind that");
}

static void files(void)
{
    uint64_t a = map_file(LETTERS), b = map_file("/etc/motd"), heap = (uint64_t)sbrk(0);
    struct proc_map map_a, map_b;
    struct program p;

    say_where("mmap(letters)", PROC_SELF, a, &map_a);
    say_where("mmap(motd)", PROC_SELF, b, &map_b);
    expect(strcmp(map_a.name, LETTERS) == 0 && strcmp(map_b.name, "/etc/motd") == 0 &&
               map_a.inode != map_b.inode && a > heap && b > heap && a < (uint64_t)&p &&
               b < (uint64_t)&p,
           "two files, two areas, both between heap and stack");
    letters_start(&p, shared_letters(), 1);
    library_areas(p.pid, program_address(&p, "printf"));
    program_end(&p);
    elsewhere("the same, between heap and stack of the other size.");
}

/* --- 21: threads --- */

static struct {
    volatile uint64_t local; /* where the thread's variable is */
    volatile int number;     /* written by the thread */
    volatile int done;
} shared;

static int thread(void *arg)
{
    volatile int local = *(int *)arg;

    shared.number = local + 1;
    shared.local = (uint64_t)&local;
    while (!shared.done)
        sched_yield();
    return 0;
}

static void threads(void)
{
    size_t size = 64 * KIB;
    char *stack =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    struct proc_map own, other;
    int number = 39, status;
    pid_t tid;

    if (stack == MAP_FAILED)
        give_up("mmap");
    tid = clone(thread, stack + size, CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, &number);
    if (tid < 0)
        give_up("clone");
    for (int i = 0; !shared.local && i < 5000; i++)
        usleep(1000);
    say_where("main's local", PROC_SELF, (uint64_t)&number, &own);
    say_where("the other's", PROC_SELF, shared.local, &other);
    expect(strcmp(own.name, "[stack]") == 0, "the main thread's stack is the process's");
    expect(shared.local >= (uint64_t)stack && shared.local < (uint64_t)stack + size &&
               !other.name[0] && other.end < own.start,
           "the other's is memory that was mapped for it, below");
    expect(
        shared.number == 40 &&
            frame_of(tid, (uint64_t)&shared) == frame_of(PROC_SELF, (uint64_t)&shared),
        "one address space: what it wrote is read here, and /proc/%d/pagemap has the same frames",
        tid);
    shared.done = 1;
    expect(waitpid(tid, &status, 0) == tid && status == 0, "it has ended as it should");
    elsewhere("the same: a thread's stack is any memory that clone() is given.");
}

/* --- 22: two ways to look --- */

/* What a program prints, as far as it fits. */
static void output_of(const char *path, char *const argv[], char *text, size_t size)
{
    struct program p;
    size_t have = 0;
    ssize_t n;

    program_start(&p, path, argv);
    while (have + 1 < size && (n = read(p.output, text + have, size - 1 - have)) > 0)
        have += n;
    text[have] = '\0';
    if (program_end(&p) != 0)
        give_up("%s", path);
}

static size_t lines_of(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* The number before " KIND NAME" in nm's output. */
static uint64_t value_in(const char *text, const char *kind_name)
{
    const char *at = strstr(text, kind_name), *line = at;

    while (line && line > text && line[-1] != '\n')
        line--;
    return line ? strtoul(line, NULL, 16) : 0;
}

static void two_looks(void)
{
    static char text[32768];
    char pid[16], line[64], *pmap[] = {"pmap", "-q", pid, NULL},
                            *nm[] = {"nm", "-n", LETTERS, NULL};
    struct proc_map code, data;
    struct program p;

    letters_start(&p, LETTERS, 1);
    snprintf(pid, sizeof(pid), "%d", p.pid);
    output_of("/bin/pmap", pmap, text, sizeof(text));
    find_area(p.pid, program_address(&p, "main"), &code);
    find_area(p.pid, program_address(&p, "max_length"), &data);
    snprintf(line, sizeof(line), "%016lx %6luK r-x-- letters", code.start,
             (code.end - code.start) / KIB);
    expect(lines_of(text) == count_areas(p.pid) + 1 && strstr(text, line),
           "pmap %s: %zu areas, as many as in /proc/%s/maps; one is", pid, lines_of(text) - 1, pid);
    say("%s", line);

    output_of("/bin/nm", nm, text, sizeof(text));
    uint64_t main_at = value_in(text, " T main\n"), data_at = value_in(text, " D max_length\n");
    expect(main_at >= code.start && main_at < code.end && main_at == program_address(&p, "main"),
           "nm says main: %lx, in that area; it is there", main_at);
    expect(data_at >= data.start && data_at < data.end &&
               data_at == program_address(&p, "max_length"),
           "and max_length: %lx, in %lx-%lx %s; it is there", data_at, data.start, data.end,
           data.perms);
    program_end(&p);
    elsewhere("the same programs; that of this machine links its programs to other addresses.");
}

const struct claim place_claims[] = {
    {18, "Not twice at the same place",
     "Where stack, heap and mappings begin is drawn by lot at each exec, so that an attacker "
     "cannot "
     "know an address beforehand. This program started four times:",
     not_twice},
    {19, "Two layouts",
     "When the stack has a limit, mappings begin below what it may need and go downward: the "
     "flexible "
     "layout. When it has none, they begin at a third of the space and go upward: the classic one.",
     two_layouts},
    {20, "Each file has areas of its own",
     "Whatever is mapped from a file goes to the mapping region under the file's name; a shared "
     "library brings text, data and bss of its own.",
     files},
    {21, "Other threads' stacks lie among the mappings",
     "There is one area that grows by itself; threads beside the first have stacks that were "
     "mapped "
     "for them, in the space that all of them share.",
     threads},
    {22, "Two ways to look: what is mapped, and where symbols will be",
     "/proc/PID/maps and pmap show the areas of a process; nm and objdump show, from the file, "
     "where "
     "its functions and variables will be.",
     two_looks},
    {0, NULL, NULL, NULL},
};
