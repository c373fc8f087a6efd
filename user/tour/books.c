/* SPDX-License-Identifier: MIT */
/* Claims 11 to 13: the books that the kernel keeps of an address space, and what exec enters in
 * them. */
#include "tour.h"
#include <elf.h>
#include <elfread.h>
#include <errno.h>
#include <fcntl.h>
#include <pagetables.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- 11: mm_struct --- */

/* What the areas come to, in KiB, by the rules of mm_struct's counts. */
struct sums {
    uint64_t total, stack, data, exec;
};

static struct sums sum_areas(void)
{
    FILE *f = proc_open(PROC_SELF, "maps");
    struct sums sums = {0};
    struct proc_map map;

    if (!f)
        give_up("/proc/self/maps");
    while (proc_next_map(f, &map, NULL)) {
        uint64_t kib = (map.end - map.start) / KIB;
        int stack = strcmp(map.name, "[stack]") == 0;
        sums.total += kib;
        if (stack)
            sums.stack += kib;
        else if (map.perms[1] == 'w' && map.perms[3] == 'p')
            sums.data += kib;
        if (map.perms[2] == 'x')
            sums.exec += kib;
    }
    fclose(f);
    return sums;
}

static void sizes(void)
{
    struct sums sums = sum_areas();

    expect(status_kib("VmSize") == sums.total, "total_vm   %5lu kB (VmSize): all areas together",
           sums.total);
    expect(status_kib("VmData") == sums.data, "data_vm    %5lu kB (VmData): private and writable",
           sums.data);
    expect(status_kib("VmStk") == sums.stack, "stack_vm   %5lu kB (VmStk): [stack]", sums.stack);
    expect(status_kib("VmExe") + status_kib("VmLib") == sums.exec,
           "exec_vm    %5lu kB (VmExe + VmLib): may be executed", sums.exec);
}

static void locked(void)
{
    static char page[2 * PAGE];
    uint64_t before = status_kib("VmLck"), after;

    if (mlock((void *)(((uint64_t)page + PAGE - 1) & -PAGE), PAGE) < 0)
        give_up("mlock");
    after = status_kib("VmLck");
    expect(before == 0 && after == PAGE / KIB && status_kib("VmPin") == 0,
           "locked_vm  %5lu kB (VmLck) after mlock() of a page; none pinned (VmPin 0)", after);
    munlockall();
}

/* start <= at < end, and that as text. */
static void between(const char *what, uint64_t start, uint64_t at, uint64_t end)
{
    expect(start <= at && at < end, "%s %lx <= %lx < %lx", what, start, at, end);
}

static void books(void)
{
    static int variable = 39;
    struct proc_stat stat;
    struct proc_map map;
    int local;

    sizes();
    locked();
    if (proc_stat(PROC_SELF, &stat) < 0)
        give_up("/proc/self/stat");
    const uint64_t *f = stat.field;
    between("start_code, this function, end_code", f[STAT_STARTCODE], (uint64_t)books,
            f[STAT_ENDCODE]);
    between("start_data, a variable, end_data", f[STAT_START_DATA], (uint64_t)&variable,
            f[STAT_END_DATA]);
    between("start_brk, malloc(1), brk", f[STAT_START_BRK], (uint64_t)malloc(1), (uint64_t)sbrk(0));
    find_area(PROC_SELF, (uint64_t)&local, &map);
    between("the stack, a local, start_stack", map.start, (uint64_t)&local, f[STAT_STARTSTACK]);
    expect(f[STAT_STARTSTACK] < f[STAT_ARG_START] && f[STAT_ARG_START] < f[STAT_ARG_END] &&
               f[STAT_ARG_END] == f[STAT_ENV_START] && f[STAT_ENV_START] < f[STAT_ENV_END] &&
               (uint64_t)environ[0] == f[STAT_ENV_START] && f[STAT_ENV_END] <= fact("task_size"),
           "arguments %lx-%lx, environment %lx-%lx, task_size %lx", f[STAT_ARG_START],
           f[STAT_ARG_END], f[STAT_ENV_START], f[STAT_ENV_END], fact("task_size"));
    elsewhere("the same structure, of %lu bytes here; task_size is %lx.", fact("sizeof_mm_struct"),
              slot_size(there()) * 256 - PAGE);
}

/* --- 12: areas --- */

enum {
    MANY = 8192 /* pages, areas as soon as neighbours differ */
};

/* A number of /proc/self/vma_tree. */
static uint64_t tree(const char *key)
{
    return proc_value("/proc/self/vma_tree", key);
}

/* The levels that a binary tree of so many areas has at the least: log2(areas + 1). */
static uint64_t fewest_levels(uint64_t areas)
{
    uint64_t levels = 0;

    for (; areas; areas /= 2)
        levels++;
    return levels;
}

/*
 * A search looks at one area of each level until it has found the one: in a list that would be all
 * of them. A red-black tree has at most twice the levels that it must have.
 */
static void expect_tree(void)
{
    uint64_t areas = tree("areas"), height = tree("height"), fewest = fewest_levels(areas);

    expect(areas == count_areas(PROC_SELF) && height >= fewest && height <= 2 * fewest,
           "a tree: to find one of %lu areas, at most %lu are looked at", areas, height);
}

/* Whether the list is in order: each area begins where the one before ended, or higher. */
static int in_order(void)
{
    FILE *f = proc_open(PROC_SELF, "maps");
    struct proc_map map;
    uint64_t end = 0;
    int ordered = 1;

    if (!f)
        give_up("/proc/self/maps");
    while (proc_next_map(f, &map, NULL)) {
        ordered &= map.start >= end;
        end = map.end;
    }
    fclose(f);
    return ordered;
}

/* One with a file and one without: what a first touch brings is up to the area's vm_ops. */
static void backing(void)
{
    int fd = open(LETTERS, O_RDONLY);
    char *file = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
    char *none = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct proc_map of_file, of_none;

    if (fd < 0 || file == MAP_FAILED || none == MAP_FAILED)
        give_up(LETTERS);
    find_area(PROC_SELF, (uint64_t)file, &of_file);
    find_area(PROC_SELF, (uint64_t)none, &of_none);
    expect(memcmp(file, ELFMAG, SELFMAG) == 0 && strcmp(of_file.name, LETTERS) == 0,
           "vm_file: a first look at %lx brings what %s begins with", (uint64_t)file, LETTERS);
    expect(none[0] == 0 && !of_none.inode,
           "none: a first look at %lx brings zeros, from the functions that vm_ops names",
           (uint64_t)none);
    close(fd);
}

static void areas(void)
{
    size_t before = count_areas(PROC_SELF), with_one;
    char *p = mmap(NULL, MANY * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        give_up("mmap");
    with_one = count_areas(PROC_SELF);
    expect_tree();
    for (int i = 1; i < MANY; i += 2)
        if (mprotect(p + i * PAGE, PAGE, PROT_READ) < 0)
            give_up("mprotect");
    expect(count_areas(PROC_SELF) >= with_one + MANY - 2,
           "areas: %zu; then, every other page of a mapping made read-only, %zu", before,
           count_areas(PROC_SELF));
    expect(in_order(), "a list in the order of addresses: /proc/self/maps is one");
    expect_tree();
    mprotect(p, MANY * PAGE, PROT_READ | PROT_WRITE);
    expect(count_areas(PROC_SELF) == with_one, "made alike again, they are one area: %zu",
           count_areas(PROC_SELF));
    munmap(p, MANY * PAGE);
    backing();
    elsewhere("the same structures, of %lu bytes here.", fact("sizeof_vm_area_struct"));
}

/* --- 13: exec --- */

#define PROGRAM "/bin/sleep" /* touches nothing before it waits */

/* A process that has just become the program, and waits in it. */
static pid_t start_waiting(void)
{
    struct proc_stat stat;
    pid_t pid = fork();

    if (pid < 0)
        give_up("fork");
    if (pid == 0) {
        execl(PROGRAM, "sleep", "1000", NULL);
        _exit(127);
    }
    for (int i = 0; i < 5000; i++) {
        if (proc_stat(pid, &stat) == 0 && strcmp(stat.name, "sleep") == 0 && stat.state == 'S')
            return pid;
        usleep(1000);
    }
    errno = 0;
    give_up(PROGRAM " has not started");
}

/* A letter for each right of the segment is where maps has it. */
static int same_rights(const Elf64_Phdr *ph, const struct proc_map *map)
{
    return (map->perms[0] == 'r') == !!(ph->p_flags & PF_R) &&
           (map->perms[1] == 'w') == !!(ph->p_flags & PF_W) &&
           (map->perms[2] == 'x') == !!(ph->p_flags & PF_X);
}

/*
 * Every segment that is to be loaded is an area at its address, with its rights, from its offset.
 */
static void segments(pid_t pid)
{
    const Elf64_Phdr *ph;
    struct elf_file e;
    int mapped = 0, right = 0;

    if (elf_open(&e, PROGRAM) < 0)
        give_up(PROGRAM);
    for (size_t i = 0; (ph = elf_segment(&e, i)); i++) {
        struct proc_map map;
        if (ph->p_type != PT_LOAD)
            continue;
        mapped++;
        right += proc_find_map(pid, ph->p_vaddr, &map) && strcmp(map.name, PROGRAM) == 0 &&
                 map.start == (ph->p_vaddr & -PAGE) && map.offset == (ph->p_offset & -PAGE) &&
                 same_rights(ph, &map);
    }
    elf_close(&e);
    expect(mapped > 0 && right == mapped,
           "%d segments of the ELF file are areas, where it says, with the rights it says", mapped);
}

/* A value of a process's auxiliary vector. */
static uint64_t auxiliary(pid_t pid, uint64_t type)
{
    int fd = open(proc_path(pid, "auxv"), O_RDONLY);
    uint64_t pair[2], value = 0;

    if (fd < 0)
        give_up("auxv");
    while (read(fd, pair, sizeof(pair)) == sizeof(pair) && pair[0] != AT_NULL)
        if (pair[0] == type)
            value = pair[1];
    close(fd);
    return value;
}

/*
 * mmap_base: exec has mapped the interpreter first, so that it ends there. Nothing but the vdso and
 * the stack lies higher.
 */
static void mapping_base(pid_t pid, uint64_t interpreter)
{
    FILE *f = proc_open(pid, "maps");
    struct proc_map map;
    uint64_t end = 0;
    int others = 0;

    while (f && proc_next_map(f, &map, NULL)) {
        if (map.start == interpreter || map.start == end)
            end = map.end;
        else if (end)
            others += strcmp(map.name, "[vdso]") != 0 && strcmp(map.name, "[stack]") != 0;
    }
    if (f)
        fclose(f);
    expect(end && !others,
           "it was mapped first, and ends at mmap_base: %lx; higher are only [vdso] and [stack]",
           end);
}

static void interpreter(void)
{
    const char *path = shared_letters(), *wanted;
    struct elf_file e;
    struct program p;
    struct proc_map map;
    uint64_t base;

    if (elf_open(&e, path) < 0 || !(wanted = elf_interpreter(&e)))
        give_up("%s", path);
    letters_start(&p, path, 1);
    base = auxiliary(p.pid, AT_BASE);
    find_area(p.pid, base, &map);
    expect(strcmp(map.name, wanted) == 0 && base > program_address(&p, "buffer") &&
               base < program_address(&p, "num"),
           "%s asks for an interpreter: it is at %lx, among the mappings: %s", path, base,
           map.name);
    mapping_base(p.pid, base);
    elf_close(&e);
    program_end(&p);
}

static void exec_sets_up(void)
{
    pid_t pid = start_waiting();
    struct proc_stat stat;
    struct proc_map stack;
    char command[32];

    if (proc_stat(pid, &stat) < 0 || proc_command(pid, command, sizeof(command)) < 0)
        give_up("stat");
    const uint64_t *f = stat.field;
    say("process %d has called exec() and waits: %s", pid, command);
    segments(pid);
    find_area(pid, f[STAT_STARTSTACK], &stack);
    expect(strcmp(stack.name, "[stack]") == 0 && f[STAT_ENV_END] <= stack.end &&
               strcmp(command, "sleep 1000") == 0,
           "a stack, %lx-%lx; the arguments are at %lx in it", stack.start, stack.end,
           f[STAT_ARG_START]);
    expect(f[STAT_START_BRK] >= f[STAT_END_DATA] &&
               !any_area(pid, (f[STAT_START_BRK] + PAGE - 1) & -PAGE, f[STAT_START_BRK] + MIB),
           "a heap of no bytes: it would begin at start_brk, %lx, and nothing is mapped there",
           f[STAT_START_BRK]);
    expect(auxiliary(pid, AT_ENTRY) >= f[STAT_STARTCODE] &&
               auxiliary(pid, AT_ENTRY) < f[STAT_ENDCODE] && !auxiliary(pid, AT_BASE),
           "it begins at %lx, in its own text: it has no interpreter", auxiliary(pid, AT_ENTRY));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    interpreter();
    elsewhere("the same steps; mmap_base is set below a stack that ends at %lx or a little lower.",
              slot_size(there()) * 256 - PAGE);
}

const struct claim book_claims[] = {
    {11, "mm_struct keeps the books",
     "A process's address space has a structure with its sizes and the bounds of its parts. "
     "/proc/self "
     "shows them in status and stat; here they are compared with what they count.",
     books},
    {12, "As many areas as it takes",
     "Each stretch of addresses that is alike is a vm_area_struct, on a list by address and on a "
     "red-black tree; a file is behind some of them.",
     areas},
    {13, "What exec sets up",
     "mmap_base is set; a stack is made with the arguments in it; the ELF file's segments are "
     "mapped; "
     "the heap is empty; an interpreter, if the file names one, goes to the mappings.",
     exec_sets_up},
    {0, NULL, NULL, NULL},
};
