/* SPDX-License-Identifier: MIT */
/* Claims 14 to 17: what changes the map of a running program: brk, mmap, malloc over both, the
 * stack. */
#include "tour.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Uses a little more than `size` bytes of stack. */
static __attribute__((noinline)) long use_stack(size_t size)
{
    volatile char frame[4096];

    frame[0] = 1;
    frame[sizeof(frame) - 1] = 1;
    if (size > sizeof(frame))
        frame[0] = use_stack(size - sizeof(frame)) & 1;
    return frame[0] + frame[sizeof(frame) - 1];
}

/* The area that this function's frame is in. */
static void stack_area(struct proc_map *map)
{
    volatile char local = 0;

    find_area(PROC_SELF, (uint64_t)&local, map);
}

/* --- 14: three ways --- */

static void three_ways(void)
{
    struct proc_map before, after;
    size_t areas;
    char *p;

    stack_area(&before);
    use_stack(MIB);
    stack_area(&after);
    expect(strcmp(after.name, "[stack]") == 0 && before.start - after.start >= MIB / 2 &&
               before.end == after.end,
           "calls 1 MiB deep: [stack] was %lx-%lx, is %lx-%lx", before.start, before.end,
           after.start, after.end);

    uint64_t brk = (uint64_t)sbrk(0);
    find_area(PROC_SELF, brk - 1, &before);
    sbrk(256 * KIB);
    find_area(PROC_SELF, brk - 1, &after);
    expect(strcmp(after.name, "[heap]") == 0 && after.start == before.start &&
               after.end == before.end + 256 * KIB,
           "sbrk(256 KiB): [heap] was %lx-%lx, is %lx-%lx", before.start, before.end, after.start,
           after.end);

    areas = count_areas(PROC_SELF);
    p = mmap(NULL, 256 * KIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        give_up("mmap");
    find_area(PROC_SELF, (uint64_t)p, &after);
    expect(count_areas(PROC_SELF) == areas + 1 && after.end - after.start == 256 * KIB,
           "mmap(256 KiB): a new area, %lx-%lx %s", after.start, after.end, after.perms);
    munmap(p, 256 * KIB);
    expect(count_areas(PROC_SELF) == areas && !any_area(PROC_SELF, (uint64_t)p, (uint64_t)p + 1),
           "munmap(): it is gone, and %lx is nobody's", (uint64_t)p);
    elsewhere("the same three; each process there has %s to do it in, not %s.",
              size_text(slot_size(there()) * 256), size_text(slot_size(here()) * 256));
}

/* --- 15: brk --- */

/* The system call itself: it answers the break as it is then. */
static uint64_t move_break(uint64_t to)
{
    return syscall(SYS_brk, to);
}

static uint64_t heap_end(uint64_t inside)
{
    struct proc_map map;

    find_area(PROC_SELF, inside, &map);
    return map.end;
}

static void next_area(uint64_t top)
{
    uint64_t at = top + 8 * PAGE, old = move_break(0), answer;
    void *p =
        mmap((void *)at, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (p != (void *)at)
        give_up("mmap");
    answer = move_break(at);
    expect(answer == old, "a page mapped at %lx; brk(%lx) would touch it: refused, still %lx", at,
           at, answer);
    answer = move_break(at - PAGE);
    expect(answer == at - PAGE, "brk(%lx), a page below it: done", answer);
    munmap(p, PAGE);
}

static void break_moves(void)
{
    /* From here on malloc() has enough, and leaves the break alone. */
    free(malloc(32 * KIB));

    uint64_t old = move_break(0), top = (old + PAGE - 1) & -PAGE, end;
    volatile char *page = (volatile char *)top + 2 * PAGE;
    size_t areas = count_areas(PROC_SELF);

    move_break(top + 100);
    end = heap_end(top - 1);
    expect(
        move_break(top + 200) == top + 200 && heap_end(top - 1) == end,
        "from %lx to %lx, in one page: only mm->brk moves; the area ends at %lx before and after",
        top + 100, top + 200, end);
    expect(
        move_break(top + 4 * PAGE) == top + 4 * PAGE && heap_end(top - 1) == top + 4 * PAGE &&
            count_areas(PROC_SELF) == areas,
        "higher, to %lx: the heap's area ends there now; it was made longer, not another one made",
        top + 4 * PAGE);
    *page = 'x';
    move_break(top + PAGE);
    expect(!any_area(PROC_SELF, (uint64_t)page, (uint64_t)page + 1),
           "lower, to %lx: what was above is unmapped", top + PAGE);
    move_break(top + 4 * PAGE);
    expect(*page == 0, "and gone: higher again, %lx has forgotten its 'x'", (uint64_t)page);
    next_area(top);
    expect(move_break(old) == old, "back to %lx", old);
    elsewhere("the same, and the same page size: the very same steps would give the same answers.");
}

/* --- 16: malloc --- */

#define THRESHOLD (128 * KIB)

static void large_block(void)
{
    char *p = malloc(THRESHOLD);
    uint64_t address = (uint64_t)p;
    struct proc_map map;

    if (!p)
        give_up("malloc");
    say_where("malloc(131072)", PROC_SELF, address, &map);
    expect(strcmp(map.name, "") == 0 && !map.inode && map.end - address >= THRESHOLD,
           "a mapping, anonymous, made for it");
    free(p);
    expect(!any_area(PROC_SELF, address, address + 1), "free(): the area is gone at once");
}

/* The same of another C library, if there is one. */
static void other_library(void)
{
    const char *path = shared_letters();
    struct proc_map small, large;
    struct program p;

    letters_start(&p, path, 40);
    find_area(p.pid, program_address(&p, "buffer"), &small);
    program_end(&p);
    letters_start(&p, path, 200000);
    find_area(p.pid, program_address(&p, "buffer"), &large);
    expect(strcmp(small.name, "[heap]") == 0 && strcmp(large.name, "[heap]") != 0,
           "%s: 40 letters are in %s, 200000 in %s", path, area_name(&small), area_name(&large));
    kill(p.pid, SIGKILL);
    program_end(&p);
}

static void two_sources(void)
{
    uint64_t brk = (uint64_t)sbrk(0);
    struct proc_map map;
    char *p = malloc(THRESHOLD - 1);

    if (!p)
        give_up("malloc");
    say_where("malloc(131071)", PROC_SELF, (uint64_t)p, &map);
    expect(strcmp(map.name, "[heap]") == 0 && (uint64_t)sbrk(0) > brk,
           "the heap; for this the break went from %lx to %lx", brk, (uint64_t)sbrk(0));
    large_block();
    other_library();
    elsewhere("the same: it is the C library's decision, and the same there.");
}

/* --- 17: the stack --- */

static void grows_and_stays(void)
{
    struct proc_map before, after;
    struct rlimit limit;
    struct fault f;
    uint64_t lowest;

    if (getrlimit(RLIMIT_STACK, &limit) < 0)
        give_up("getrlimit");
    stack_area(&before);
    use_stack(MIB);
    stack_area(&after);
    expect(after.start < before.start && after.end == before.end,
           "calls 1 MiB deep: it began at %lx, now at %lx", before.start, after.start);
    before = after;
    stack_area(&after);
    expect(after.start == before.start, "they have returned: it still does; it does not shrink");

    lowest = after.end - limit.rlim_cur;
    f = provoke(ACCESS_WRITE, lowest);
    stack_area(&after);
    expect(!f.signo && after.start == lowest, "a byte written at %lx, %s below the end: %lx-%lx",
           lowest, size_text(limit.rlim_cur), after.start, after.end);
    f = provoke(ACCESS_WRITE, lowest - 1);
    expect(f.signo == SIGSEGV && f.address == lowest - 1, "one byte below, beyond RLIMIT_STACK: %s",
           fault_text(&f));

    void *hole = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(hole, PAGE);
    f = provoke(ACCESS_WRITE, (uint64_t)hole);
    expect(f.signo == SIGSEGV, "other memory that is not mapped: %s", fault_text(&f));
    elsewhere("the same 8 MiB by default, from %lx or a little lower down.",
              slot_size(there()) * 256 - PAGE);
}

const struct claim change_claims[] = {
    {14, "What changes the map afterwards",
     "When exec is done, a program's map changes in three ways: by calling functions, through the "
     "stack pointer; by brk; by mmap and what belongs to it.",
     three_ways},
    {15, "brk moves the end of the heap",
     "Both ends are rounded up to pages. In the same page only a number changes; lower means to "
     "unmap; "
     "higher means to look at the next area, to keep a page away from it, and to grow.",
     break_moves},
    {16, "malloc: the heap for small blocks, a mapping for large ones",
     "From 128 KiB on a block gets a mapping of its own, which can be given back as soon as it is "
     "free, whatever else is still in use.",
     two_sources},
    {17, "The stack grows when it is touched",
     "A page fault below it makes it longer, as far as RLIMIT_STACK; beyond that it is a "
     "segmentation "
     "fault. No other memory that is not mapped may be touched at all.",
     grows_and_stays},
    {0, NULL, NULL, NULL},
};
