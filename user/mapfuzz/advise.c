/* SPDX-License-Identifier: MIT */
/* madvise, mincore and msync, and the locks on memory. */
#include "mapfuzz.h"
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

static const int advices[] = {
    MADV_DONTNEED,      MADV_DONTNEED,   MADV_DONTNEED,       MADV_DONTNEED,   MADV_NORMAL,
    MADV_RANDOM,        MADV_SEQUENTIAL, MADV_WILLNEED,       MADV_FREE,       MADV_REMOVE,
    MADV_DONTFORK,      MADV_DOFORK,     MADV_WIPEONFORK,     MADV_KEEPONFORK, MADV_DONTDUMP,
    MADV_POPULATE_READ, MADV_DODUMP,     MADV_POPULATE_WRITE, MADV_COLD,       9999,
};

/* Whether what was freed is still there, nobody knows: something new is put there. */
static void after_free(const struct range *r)
{
    for (unsigned i = r->first; i < r->first + r->n; i++)
        for (int j = 0; j < 4; j++)
            if (in_file_tail(i) || !store(ARENA + i * PAGE + spots[j], i)) {
                madvise((void *)(ARENA + i * PAGE), PAGE, MADV_DONTNEED);
                break;
            }
}

/* Holes are made in memfds only: not every file system has them. */
static bool can_remove(const struct range *r)
{
    for (unsigned i = r->first; i < r->first + r->n; i++)
        if (seq.page[i].object == O_DISK)
            return false;
    return true;
}

void op_advise(void)
{
    struct range r = draw_mapped();
    int advice = advices[below(sizeof(advices) / sizeof(advices[0]))];

    say("madvise +%lx %lx advice %d", r.addr - ARENA, r.len, advice);
    if (advice == MADV_REMOVE && !can_remove(&r)) {
        say(": left out\n");
        return;
    }
    say_result(madvise((void *)r.addr, r.len, advice));
    retag(r.first, r.n);
    if (advice == MADV_FREE)
        after_free(&r);
}

/* Pages of a disk's files may be in the cache or not. */
void op_mincore(void)
{
    unsigned char vec[MAX_PAGES + 1];
    char text[MAX_PAGES + 1];
    struct range r = draw_mapped();
    int result;

    memset(vec, 7, sizeof(vec));
    say("mincore +%lx %lx", r.addr - ARENA, r.len);
    result = mincore((void *)r.addr, r.len, vec);
    say_result(result);
    if (result < 0)
        return;
    for (unsigned i = 0; i < r.n; i++) {
        unsigned object = seq.page[r.first + i].object;
        bool unsure = object == O_DISK || (object == O_MEMFD && seq.stray) ||
                      (object == O_ANON && seq.depth > 0);
        text[i] = unsure ? '?' : '0' + vec[i];
    }
    text[r.n] = 0;
    say("  %s\n", text);
}

void op_msync(void)
{
    static const int flags[] = {
        MS_SYNC, MS_ASYNC, MS_INVALIDATE,     MS_SYNC | MS_INVALIDATE, MS_ASYNC,
        0,       8,        MS_SYNC | MS_ASYNC};
    struct range r = draw_mapped();
    int flag = flags[below(8)];

    say("msync +%lx %lx flags %d", r.addr - ARENA, r.len, flag);
    say_result(msync((void *)r.addr, r.len, flag));
}

void op_lock(void)
{
    struct range r = draw_mapped();
    const char *name = "mlock";
    int result;

    seq.locks = true;
    switch (below(8)) {
    case 0:
    case 1:
        result = mlock((void *)r.addr, r.len);
        break;
    case 2:
        name = "mlock2 onfault";
        result = mlock2((void *)r.addr, r.len, MLOCK_ONFAULT);
        break;
    case 3:
    case 4:
    case 5:
        name = "munlock";
        result = munlock((void *)r.addr, r.len);
        break;
    case 6:
        name = "mlockall future";
        result = mlockall(MCL_FUTURE | (one_in(2) ? MCL_ONFAULT : 0));
        break;
    default:
        name = "munlockall";
        result = munlockall();
    }
    say("%s +%lx %lx", name, r.addr - ARENA, r.len);
    say_result(result);
    /* All pages that a byte of it is in, where it is odd: these calls round both ends outward. */
    retag(r.first, (r.addr % PAGE + r.len + PAGE - 1) / PAGE);
}
