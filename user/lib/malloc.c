/* SPDX-License-Identifier: MIT */
/*
 * malloc: blocks with boundary tags in the brk area, mappings of their own for large ones.
 *
 * Every block begins with a 16-byte header: its size, and the size of the block before it, so that
 * free() finds both neighbours and merges with those that are free (two free blocks never touch).
 * Free blocks are listed in bins by the power of two of their size. The area ends with a header of
 * size 0, marked used. When something else has moved the break, the next growth starts a second
 * area: its first block says "nothing before me" by prev_size 0.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define USED      1UL
#define MAPPED    2UL
#define FLAGS     (USED | MAPPED)
#define ALIGN     16UL
#define HEADER    offsetof(struct block, next)
#define MIN_BLOCK sizeof(struct block)
#define GROWTH    (64UL * 1024)
#define PAGE      4096UL
#define BINS      64

struct block {
    size_t prev_size;          /* of the block before, header included; 0: none */
    size_t size;               /* of this block, header included, with flags in the low bits */
    struct block *next, *prev; /* in its bin, while free; the user's bytes otherwise */
};

static struct block bins[BINS]; /* heads of circular lists; next is NULL before the first use */
static struct block *end_mark;  /* of the newest area */

static size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) & ~(unit - 1);
}

static size_t block_size(const struct block *b)
{
    return b->size & ~FLAGS;
}

static struct block *at(void *base, long offset)
{
    return (struct block *)((char *)base + offset);
}

static unsigned bin_of(size_t size)
{
    unsigned i = 0;

    while (size >>= 1)
        i++;
    return i;
}

static void unlist(struct block *b)
{
    b->prev->next = b->next;
    b->next->prev = b->prev;
}

/* Makes [b, b + size) a free block: sets its tags, merges it with free neighbours, lists it. */
static struct block *release(struct block *b, size_t size)
{
    struct block *after = at(b, size);
    struct block *head;

    if (!(after->size & USED)) {
        unlist(after);
        size += block_size(after);
    }
    if (b->prev_size && !(at(b, -(long)b->prev_size)->size & USED)) {
        b = at(b, -(long)b->prev_size);
        unlist(b);
        size += block_size(b);
    }
    b->size = size;
    at(b, size)->prev_size = size;

    head = &bins[bin_of(size)];
    if (!head->next)
        head->next = head->prev = head;
    b->next = head->next;
    b->prev = head;
    b->next->prev = b->prev->next = b;
    return b;
}

/* Cuts a used block down to `size`, when what is left over can be a block. */
static void trim(struct block *b, size_t size)
{
    size_t rest = block_size(b) - size;

    if (rest < MIN_BLOCK)
        return;
    b->size = size | USED;
    at(b, size)->prev_size = size;
    release(at(b, size), rest);
}

/* Moves the break so that there is a free block of at least `size` bytes; returns it, or NULL. */
static struct block *grow(size_t size)
{
    size_t bytes = round_up(size + 2 * HEADER + ALIGN, GROWTH);
    char *start = sbrk(bytes);
    struct block *b, *end;

    if (start == (void *)-1)
        return NULL;
    if (end_mark && start == (char *)end_mark + HEADER) {
        b = end_mark;
    } else {
        b = (struct block *)round_up((uintptr_t)start, ALIGN);
        b->prev_size = 0;
    }
    end = (struct block *)((((uintptr_t)start + bytes) & ~(ALIGN - 1)) - HEADER);
    end->size = USED;
    end_mark = end;
    return release(b, (char *)end - (char *)b);
}

/* Gives the break back when much of the area's end is free and nobody moved the break since. */
static void shrink(struct block *last)
{
    size_t surplus;

    if (at(last, block_size(last)) != end_mark || block_size(last) < 4 * GROWTH ||
        sbrk(0) != (char *)end_mark + HEADER)
        return;
    surplus = (block_size(last) - GROWTH) & ~(PAGE - 1);
    if (sbrk(-(intptr_t)surplus) == (void *)-1)
        return;
    last->size -= surplus;
    end_mark = at(last, last->size);
    end_mark->size = USED;
    end_mark->prev_size = last->size;
    unlist(last);
    release(last, last->size);
}

static struct block *find_free(size_t size)
{
    for (unsigned i = bin_of(size); i < BINS; i++)
        if (bins[i].next)
            for (struct block *b = bins[i].next; b != &bins[i]; b = b->next)
                if (b->size >= size)
                    return b;
    return NULL;
}

static void *map_block(size_t size)
{
    size_t bytes = round_up(size, PAGE);
    struct block *b = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (b == MAP_FAILED)
        return NULL;
    b->size = bytes | USED | MAPPED;
    return (char *)b + HEADER;
}

void *malloc(size_t wanted)
{
    size_t size = round_up(wanted + HEADER, ALIGN);
    struct block *b;

    if (wanted > PTRDIFF_MAX - GROWTH) {
        errno = ENOMEM;
        return NULL;
    }
    if (wanted >= M_MMAP_THRESHOLD)
        return map_block(size);
    if (size < MIN_BLOCK)
        size = MIN_BLOCK;
    b = find_free(size);
    if (!b)
        b = grow(size);
    if (!b)
        return NULL;
    unlist(b);
    b->size |= USED;
    trim(b, size);
    return (char *)b + HEADER;
}

static struct block *block_of(void *p)
{
    struct block *b = at(p, -(long)HEADER);

    if (!(b->size & USED) || (uintptr_t)p % ALIGN) {
        dprintf(STDERR_FILENO, "free: %p is not an allocated block\n", p);
        abort();
    }
    return b;
}

void free(void *p)
{
    struct block *b;

    if (!p)
        return;
    b = block_of(p);
    if (b->size & MAPPED)
        munmap(b, block_size(b));
    else
        shrink(release(b, block_size(b)));
}

void *calloc(size_t n, size_t size)
{
    size_t bytes;
    void *p;

    if (__builtin_mul_overflow(n, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    p = malloc(bytes);
    if (p && bytes < M_MMAP_THRESHOLD) /* a new mapping is zero already */
        memset(p, 0, bytes);
    return p;
}

/* Takes as much of a free block behind b as makes b `size` bytes long. */
static int extend(struct block *b, size_t size)
{
    struct block *after = at(b, block_size(b));

    if ((after->size & USED) || block_size(b) + after->size < size)
        return 0;
    unlist(after);
    b->size += after->size;
    at(b, block_size(b))->prev_size = block_size(b);
    trim(b, size);
    return 1;
}

void *realloc(void *p, size_t wanted)
{
    size_t size = round_up(wanted + HEADER, ALIGN);
    struct block *b;
    void *q;

    if (!p)
        return malloc(wanted);
    b = block_of(p);
    if (wanted <= PTRDIFF_MAX - GROWTH && wanted < M_MMAP_THRESHOLD && !(b->size & MAPPED)) {
        if (size < MIN_BLOCK)
            size = MIN_BLOCK;
        if (size <= block_size(b)) {
            trim(b, size);
            return p;
        }
        if (extend(b, size))
            return p;
    }
    q = malloc(wanted);
    if (q) {
        size_t held = block_size(b) - HEADER;
        memcpy(q, p, held < wanted ? held : wanted);
        free(p);
    }
    return q;
}

void *reallocarray(void *p, size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(p, bytes);
}
