/* SPDX-License-Identifier: MIT */
/*
 * mapfuzz: random sequences of mapping calls whose results are the same on every right kernel.
 *
 * A seed makes a sequence: a few dozen calls of the mmap family, accesses, forks and changes to
 * files, in an arena of addresses that nothing else uses. All that a program can see of them is
 * said in lines of text: results, errno, signals, the areas of the arena, what is in them. The text
 * of a sequence is hashed; two kernels are compared by their hashes, and where those differ by the
 * text. So nothing may be said that two kernels are free to do differently, nor that two runs would
 * see differently: no address that the kernel chose, no inode number, no file system's time.
 *
 * Left out on purpose, since kernels differ there and the manual pages allow it:
 * - mremap() of a range that was not made by one call: whether two neighbours are one area is the
 *   kernel's business, and Linux moves several areas at once from 6.17 on; for the same reason,
 *   mprotect() of such a range when RLIMIT_DATA may stop it on the way;
 * - mremap() to where something is, when a limit may refuse it: Linux has removed that by then;
 * - MREMAP_DONTUNMAP of what may be locked, for Linux counts it twice in VmLck then;
 * - mmap() with two mistakes at once;
 * - read() and write() with a buffer that ends in a bad page, unless file and buffer are at the
 * same place in their pages: how far they come is not promised; write() with a bad buffer behind a
 *   file's end, for Linux makes the file longer all the same;
 * - stores behind the end of a file in its last page, and what is there after it has grown;
 * - mincore() of a file on a disk, for read-ahead fills the cache; of a memfd after a write() that
 *   failed; in a child, of pages that its parent had only read;
 * - whether pages given to MADV_FREE are still there;
 * - protections that allow executing but not reading: not every processor has them.
 */
#ifndef MAPFUZZ_H
#define MAPFUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE 4096ul
/*
 * Across a multiple of 1 GiB, so that one range needs several page tables; far from programs,
 * heaps, mapping regions and stacks of every paging format.
 */
#define ARENA      0x103ffe0000ul
#define MAX_PAGES  64
#define HEAP_PAGES 24

/* What can be left out, with -x: the first letter of a feature's name is that of its option. */
enum {
    WITH_REMAP = 1,
    WITH_FILE = 2,
    WITH_MEMFD = 4,
    WITH_LOCK = 8,
    WITH_ADVISE = 16,
    WITH_GROW = 32,
    WITH_LIMIT = 64,
    WITH_KERNEL = 128,
    WITH_SHARED = 256,
};

/* What backs a page of the arena, as far as we know. */
enum object {
    O_NONE,
    O_ANON,
    O_SHARED, /* anonymous or /dev/zero, shared */
    O_DISK,
    O_MEMFD,
};

/*
 * Pages with equal tags were made by one call and all that happened to them happened to all of
 * them: they are one area on every kernel. 0: nothing was mapped here.
 */
struct page {
    uint32_t tag;
    uint32_t index; /* of its file's page, for O_DISK and O_MEMFD */
    uint8_t object;
    bool shared;
};

extern struct sequence {
    uint64_t random;
    unsigned pages; /* of the arena */
    uint32_t next_tag;
    bool grows; /* there was an area that may have grown to where nothing was mapped */
    bool limited, data_limited;
    bool locks; /* some area may be locked */
    bool stray; /* a write() that was refused may have left a page in a memfd's cache */
    int depth;  /* of forks */
    unsigned long heap;
    long base_size, base_data; /* VmSize and VmData at the start, KiB */
    struct page page[MAX_PAGES];
} seq;

extern unsigned features;
extern int verbosity; /* 1: print what is said; 2: and the areas after each step */

/* --- drawing --- */
uint64_t draw(void);
/* 0 to n - 1. */
unsigned long below(unsigned long n);
static inline bool one_in(unsigned n)
{
    return below(n) == 0;
}

/* --- saying (say.c) --- */
void say_start(void);
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Printed only, not hashed. */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "= ok", or "= -1 errno". */
void say_result(long r);
uint64_t said(void);
/* Forgets what was said since said() was `digest`. */
void say_again(uint64_t digest);
/* Adds what somebody else has said. */
void say_digest(uint64_t digest);
void flush_said(void);
uint64_t hash(uint64_t start, const void *p, size_t n);

/* --- ranges of the arena --- */
struct range {
    unsigned first, n;
    unsigned long addr, len; /* in bytes, and not always of whole pages */
};
struct range draw_range(void);
struct range draw_mapped(void);
void set_tag(unsigned first, unsigned n, const struct page *kind);
void retag(unsigned first, unsigned n);
/* How many pages from here on have the same tag. */
unsigned run_length(unsigned first);

/* --- accesses (touch.c) --- */
void catch_signals(void);
/* True: done. False: it was a signal, which touch_signal() says. */
bool load(unsigned long addr, uint64_t *value);
bool store(unsigned long addr, uint64_t value);
const char *touch_signal(unsigned long addr);
/* Whether a store to this page would lie behind its file's end, in the file's last page. */
bool in_file_tail(unsigned page);
void op_touch(void);
void op_kernel_copy(void);
extern const unsigned spots[4]; /* where in a page anything is ever stored */

/* --- files (files.c) --- */
enum {
    FD_DISK,
    FD_DISK_READ,
    FD_DISK_WRITE,
    FD_MEMFD,
    FD_ZERO,
    NFDS,
};
extern int fds[NFDS];
void open_files(const char *name);
unsigned long file_size(int which);
void op_file(void);

/* --- state (state.c) --- */
long status_kib(const char *name);
void say_maps(void);
void say_state(void);

/* --- calls (calls.c, remap.c, lock.c) --- */
void op_mmap(void);
void op_munmap(void);
void op_mprotect(void);
void op_brk(void);
void op_remap(void);
void bring_in(unsigned long addr, unsigned n, const struct page *kind);
void op_advise(void);
void op_lock(void);
void op_mincore(void);
void op_msync(void);

/* --- sequences (sequence.c) --- */
/* Runs the sequence of this seed in a process of its own; its digest. */
uint64_t run_sequence(uint64_t seed, int steps, const char *file);

#endif
