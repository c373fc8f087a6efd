/* SPDX-License-Identifier: MIT */
/* mmap, munmap, mprotect and brk, with arguments that are mostly right. */
#include "mapfuzz.h"
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int prots[] = {
    PROT_READ | PROT_WRITE,
    PROT_READ | PROT_WRITE,
    PROT_READ | PROT_WRITE,
    PROT_READ | PROT_WRITE,
    PROT_READ,
    PROT_READ,
    PROT_NONE,
    PROT_NONE,
    PROT_READ | PROT_EXEC,
    PROT_READ | PROT_WRITE | PROT_EXEC,
    PROT_WRITE,
};

static int draw_prot(void)
{
    return prots[below(sizeof(prots) / sizeof(prots[0]))];
}

/* Mostly a few pages, sometimes all; now and then a length or an address that is not of pages. */
struct range draw_range(void)
{
    struct range r;
    unsigned long longest = below(16), limit = longest < 10 ? 6 : longest < 14 ? 16 : MAX_PAGES;

    r.first = below(seq.pages);
    r.n = 1 + below(limit);
    if (r.n > seq.pages - r.first)
        r.n = seq.pages - r.first;
    r.addr = ARENA + r.first * PAGE;
    r.len = r.n * PAGE - (one_in(4) ? below(PAGE) : 0);
    if (one_in(50))
        r.addr += 1 + below(PAGE - 1);
    if (one_in(60))
        r.len = 0;
    return r;
}

/* The same where something is mapped, and mostly without a hole. */
struct range draw_mapped(void)
{
    struct range r = draw_range();
    unsigned n = 0;

    for (int tries = 0; tries < 6 && !seq.page[r.first].tag; tries++)
        r = draw_range();
    while (n < r.n && seq.page[r.first + n].tag)
        n++;
    if (n == 0 || n == r.n || one_in(5))
        return r;
    r.n = n;
    r.len = n * PAGE;
    return r;
}

void set_tag(unsigned first, unsigned n, const struct page *kind)
{
    uint32_t tag = seq.next_tag++;

    for (unsigned i = 0; i < n && first + i < MAX_PAGES; i++) {
        struct page *p = &seq.page[first + i];
        *p = kind ? *kind : (struct page){0};
        if (kind) {
            p->tag = tag;
            p->index = kind->index + i;
        }
    }
}

/* Something happened to these pages, and not to those beside them. */
void retag(unsigned first, unsigned n)
{
    uint32_t old = 0, tag = 0;

    for (unsigned i = first; i < first + n && i < MAX_PAGES; i++) {
        if (seq.page[i].tag && seq.page[i].tag != old) {
            old = seq.page[i].tag;
            tag = seq.next_tag++;
        }
        if (seq.page[i].tag)
            seq.page[i].tag = tag;
    }
}

unsigned run_length(unsigned first)
{
    unsigned n = 0;

    while (first + n < seq.pages && seq.page[first + n].tag == seq.page[first].tag)
        n++;
    return n;
}

/* --- mmap --- */

struct wish {
    struct range r;
    int prot, flags, which; /* of fds[]; -1: anonymous */
    unsigned long offset;
    bool in_place; /* the address is not only a hint */
};

static void draw_flags(struct wish *w)
{
    unsigned long type = below(40), place = below(20);

    w->flags = type < 24 || !(features & WITH_SHARED) ? MAP_PRIVATE : MAP_SHARED;
    if (type == 39 && place >= 15)
        w->flags = 0;
    else if (type == 38 && features & WITH_SHARED)
        w->flags = MAP_SHARED_VALIDATE;
    if (place < 12)
        w->flags |= MAP_FIXED;
    else if (place < 15)
        w->flags |= MAP_FIXED_NOREPLACE;
    else if (place < 17)
        w->r.addr = 0;
    w->in_place = place < 15;
    if (one_in(10))
        w->flags |= MAP_NORESERVE;
    if (one_in(20))
        w->flags |= MAP_STACK;
    if (one_in(8))
        w->flags |= MAP_POPULATE;
    if (one_in(20) && features & WITH_LOCK)
        w->flags |= MAP_LOCKED;
    if (one_in(40) && features & WITH_GROW && w->flags & MAP_PRIVATE && w->which < 0)
        w->flags |= MAP_GROWSDOWN;
}

static struct wish draw_wish(void)
{
    struct wish w = {.r = draw_range(), .prot = draw_prot(), .which = -1};
    unsigned long source = below(16);

    if (source < 6 && features & WITH_FILE) {
        w.which = source < 3    ? FD_DISK
                  : source == 3 ? FD_DISK_READ
                  : source == 4 ? FD_DISK_WRITE
                                : FD_ZERO;
        w.offset = below(10) * PAGE;
    } else if (source < 9 && features & WITH_MEMFD) {
        w.which = FD_MEMFD;
        w.offset = below(10) * PAGE;
    }
    if (one_in(60))
        w.offset += below(PAGE);
    if (one_in(200))
        w.offset = 0x7ffffffffffff000;
    draw_flags(&w);
    return w;
}

/* Lengths that nobody has room for. */
static void odd_length(struct range *r)
{
    static const unsigned long lengths[] = {0, -1ul, -PAGE, 1ul << 62, 1ul << 56};

    r->len = lengths[below(5)];
}

static struct page kind_of(const struct wish *w)
{
    bool shared = (w->flags & 0xf) != MAP_PRIVATE;
    struct page kind = {.index = w->offset / PAGE, .shared = shared};

    if (w->which == FD_MEMFD)
        kind.object = O_MEMFD;
    else if (w->which >= 0 && w->which != FD_ZERO)
        kind.object = O_DISK;
    else
        kind.object = shared ? O_SHARED : O_ANON;
    return kind;
}

/* The kernel chose: where is not said, but that it is a place for it. */
static void elsewhere(unsigned long addr, const struct wish *w, const struct page *kind)
{
    unsigned n = (w->r.len + PAGE - 1) / PAGE;

    if (addr % PAGE || addr < 65536 || (addr < ARENA + seq.pages * PAGE && addr + n * PAGE > ARENA))
        say(" = a bad place\n");
    else
        say(" = elsewhere\n");
    bring_in(addr, n, kind);
}

void op_mmap(void)
{
    struct wish w = draw_wish();
    struct page kind = kind_of(&w);
    unsigned long got;

    if (one_in(60) && !(w.flags & MAP_FIXED) && w.flags & 3)
        odd_length(&w.r);
    say("mmap %s%lx %lx prot %d flags %x fd %d offset %lx", w.r.addr ? "+" : "",
        w.r.addr ? w.r.addr - ARENA : 0, w.r.len, w.prot,
        w.flags | (w.which < 0 ? MAP_ANONYMOUS : 0), w.which, w.offset);
    got = (unsigned long)mmap((void *)w.r.addr, w.r.len, w.prot,
                              w.flags | (w.which < 0 ? MAP_ANONYMOUS : 0),
                              w.which < 0 ? -1 : fds[w.which], w.offset);
    if (got == -1ul) {
        say_result(-1);
        if (w.in_place)
            retag(w.r.first, w.r.n); /* areas may have been cut before it was refused */
        return;
    }
    if (w.flags & MAP_GROWSDOWN)
        seq.grows = true;
    if (w.flags & MAP_LOCKED)
        seq.locks = true;
    if (got != w.r.addr / PAGE * PAGE) {
        elsewhere(got, &w, &kind);
        return;
    }
    say(" = ok\n");
    set_tag((got - ARENA) / PAGE, (w.r.len + PAGE - 1) / PAGE, &kind);
}

void op_munmap(void)
{
    struct range r = draw_range();

    if (one_in(60))
        odd_length(&r);
    say("munmap +%lx %lx", r.addr - ARENA, r.len);
    if (munmap((void *)r.addr, r.len) < 0) {
        say_result(-1);
        return;
    }
    say_result(0);
    set_tag(r.first, (r.len + PAGE - 1) / PAGE, NULL);
}

void op_mprotect(void)
{
    struct range r = draw_mapped();
    int prot = draw_prot();

    if (one_in(60) && r.len)
        prot |= 0x40;
    if (one_in(60) && features & WITH_GROW)
        prot |= PROT_GROWSDOWN;
    say("mprotect +%lx %lx prot %x", r.addr - ARENA, r.len, prot);
    if (seq.data_limited && run_length(r.first) < r.n) {
        say(": left out\n");
        return;
    }
    say_result(mprotect((void *)r.addr, r.len, prot));
    retag(prot & PROT_GROWSDOWN ? 0 : r.first, prot & PROT_GROWSDOWN ? MAX_PAGES : r.n);
}

/* The heap begins with a page of its own, see start() in sequence.c. */
void op_brk(void)
{
    unsigned long to = below(HEAP_PAGES * PAGE), got;
    uint64_t value;

    if (one_in(3))
        to = to / PAGE * PAGE;
    if (one_in(20)) {
        got = syscall(SYS_brk, one_in(2) ? 1 : 1ul << 60);
        say("brk of nonsense = %lx\n", got - seq.heap);
        return;
    }
    got = syscall(SYS_brk, seq.heap + to);
    say("brk %lx = %lx\n", to, got - seq.heap);
    if (got < seq.heap + 8)
        return;
    to = (got - 8) & -8ul;
    if (load(to, &value))
        say("  last word %llx\n", (unsigned long long)value);
    else
        say("  last word: %s\n", touch_signal(to));
    store(to, draw());
}
