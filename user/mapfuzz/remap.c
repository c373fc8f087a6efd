/* SPDX-License-Identifier: MIT */
/* mremap, of pages that are surely one area, or surely none. */
#include "mapfuzz.h"
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

/* The arguments that the C library would leave out belong to the call all the same. */
static unsigned long remap(unsigned long old, unsigned long old_len, unsigned long len, int flags,
                           unsigned long to)
{
    return syscall(SYS_mremap, old, old_len, len, flags, to);
}

/* Whether a move to these pages, should it be refused, leaves them alone on every kernel. */
static bool safe_target(unsigned first, unsigned n)
{
    if (!seq.limited)
        return true;
    for (unsigned i = first; i < first + n; i++)
        if (seq.page[i].tag)
            return false;
    return !seq.grows;
}

/* n pages that the kernel has put somewhere go to a place in the arena, or away. */
void bring_in(unsigned long addr, unsigned n, const struct page *kind)
{
    unsigned first = below(seq.pages);
    unsigned long to = ARENA + first * PAGE, got;

    if (n > seq.pages - first || !safe_target(first, n) || !(features & WITH_REMAP)) {
        say("  munmap");
        say_result(munmap((void *)addr, n * PAGE));
        return;
    }
    got = remap(addr, n * PAGE, n * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
    say("  moved to +%lx", to - ARENA);
    if (got == to) {
        say_result(0);
        set_tag(first, n, kind);
        return;
    }
    say_result(-1);
    munmap((void *)addr, n * PAGE);
}

struct move {
    unsigned first, old, new, to;
    int flags;
    unsigned long odd; /* bytes by which the target, or the source, is off */
    bool odd_source;
};

static int draw_flags(void)
{
    static const int flags[] = {
        MREMAP_MAYMOVE,
        MREMAP_MAYMOVE,
        MREMAP_MAYMOVE,
        MREMAP_MAYMOVE | MREMAP_FIXED,
        MREMAP_MAYMOVE | MREMAP_FIXED,
        MREMAP_MAYMOVE | MREMAP_FIXED,
        MREMAP_MAYMOVE | MREMAP_FIXED,
        MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
        MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
        MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
        0,
        0,
        0,
        MREMAP_FIXED,
        MREMAP_DONTUNMAP,
        8,
    };

    return one_in(8) ? flags[below(16)] : flags[below(13)];
}

/* False: nothing of it can be said to be the same everywhere. */
static bool draw_move(struct move *m)
{
    unsigned run;

    for (int tries = 0; tries < 12; tries++) {
        m->first = below(seq.pages);
        if (seq.page[m->first].tag)
            break;
    }
    run = run_length(m->first);
    m->flags = draw_flags();
    if (seq.locks)
        m->flags &= ~MREMAP_DONTUNMAP;
    m->old = 1 + below(run);
    if (one_in(3))
        m->old = run;
    else if (one_in(20))
        m->old = 0;
    m->new = one_in(3) ? m->old : 1 + below(seq.pages - m->first);
    if (one_in(50))
        m->new = 0;
    m->to = below(seq.pages);
    if (m->new > seq.pages - m->to)
        m->to = seq.pages - m->new;
    m->odd = one_in(40) ? 1 + below(PAGE - 1) : 0;
    m->odd_source = below(2);
    if (m->flags & MREMAP_FIXED && !safe_target(m->to, m->new))
        return false;
    return seq.page[m->first].tag || (!seq.grows && m->new >= m->old && !(m->flags & MREMAP_FIXED));
}

/* What the pages are now: gone, still there but empty, or as they were. */
static void moved(const struct move *m, unsigned long got, const struct page *kind)
{
    bool in_place = got == ARENA + m->first * PAGE;

    if (in_place) {
        set_tag(m->first, m->old, NULL);
        set_tag(m->first, m->new, kind);
        return;
    }
    if (m->flags & MREMAP_DONTUNMAP)
        retag(m->first, m->old);
    else
        set_tag(m->first, m->old, NULL);
    if (m->flags & MREMAP_FIXED)
        set_tag(m->to, m->new, kind);
    else
        bring_in(got, m->new, kind);
}

void op_remap(void)
{
    unsigned long old, to = 0, got;
    struct page kind;
    struct move m;

    if (!draw_move(&m))
        return;
    kind = seq.page[m.first];
    old = ARENA + m.first * PAGE + (m.odd_source ? m.odd : 0);
    if (m.flags & MREMAP_FIXED)
        to = ARENA + m.to * PAGE + (m.odd_source ? 0 : m.odd);
    say("mremap +%lx %x -> %x pages, flags %d, to +%lx", old - ARENA, m.old, m.new, m.flags,
        to ? to - ARENA : 0);
    got = remap(old, m.old * PAGE, m.new *PAGE, m.flags, to);
    if (got == -1ul) {
        say_result(-1);
        retag(m.first, m.old); /* areas may have been cut before it was refused */
        retag(m.to, m.new);
        return;
    }
    say(" = %s\n", got == old ? "in place" : got == to ? "there" : "elsewhere");
    moved(&m, got, &kind);
}
