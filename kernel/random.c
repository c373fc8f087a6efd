/* SPDX-License-Identifier: MIT */
/* The generator of random numbers. See random.h. */
#include <arch/timer.h>
#include "kernel/random.h"
#include "kernel/sched.h"
#include "kernel/spinlock.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "mm/uaccess.h"

enum {
    KEY_WORDS = 8,
    BLOCK_WORDS = 16,
    BLOCK_SIZE = BLOCK_WORDS * 4
};

/* getrandom(2) */
enum {
    GRND_NONBLOCK = 1,
    GRND_RANDOM = 2,
    GRND_INSECURE = 4
};

struct stream {
    uint32_t key[KEY_WORDS];
    uint64_t counter;
};

static struct spinlock random_lock = SPINLOCK_INIT("random", RANK_LEAF);
static uint32_t random_key[KEY_WORDS];

static uint32_t rotate_left(uint32_t x, int n)
{
    return x << n | x >> (32 - n);
}

static inline __attribute__((always_inline)) void quarter_round(uint32_t *x, int a, int b, int c,
                                                                int d)
{
    x[a] += x[b];
    x[d] = rotate_left(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = rotate_left(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = rotate_left(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = rotate_left(x[b] ^ x[c], 7);
}

/* The indices are constants, so that the whole state lies in registers where there are enough. */
static inline __attribute__((always_inline)) void double_round(uint32_t *x)
{
    quarter_round(x, 0, 4, 8, 12);
    quarter_round(x, 1, 5, 9, 13);
    quarter_round(x, 2, 6, 10, 14);
    quarter_round(x, 3, 7, 11, 15);
    quarter_round(x, 0, 5, 10, 15);
    quarter_round(x, 1, 6, 11, 12);
    quarter_round(x, 2, 7, 8, 13);
    quarter_round(x, 3, 4, 9, 14);
}

/* One block of the stream, with a zero nonce: no key is ever used for two streams. */
static void next_block(struct stream *s, uint32_t out[BLOCK_WORDS])
{
    uint32_t in[BLOCK_WORDS] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    uint32_t x[BLOCK_WORDS];

    memcpy(in + 4, s->key, sizeof(s->key));
    in[12] = (uint32_t)s->counter;
    in[13] = (uint32_t)(s->counter >> 32);
    s->counter++;

    memcpy(x, in, BLOCK_SIZE);
    for (int round = 0; round < 20; round += 2)
        double_round(x);
    for (int i = 0; i < BLOCK_WORDS; i++)
        out[i] = x[i] + in[i];
}

/* Replaces the key by the first half of a block made from it; the second half goes to `out`. */
static void turn_key(uint32_t out[KEY_WORDS])
{
    struct stream s = {.counter = 0};
    uint32_t block[BLOCK_WORDS];

    memcpy(s.key, random_key, sizeof(s.key));
    next_block(&s, block);
    memcpy(random_key, block, sizeof(random_key));
    memcpy(out, block + KEY_WORDS, sizeof(random_key));
}

void random_add(const void *data, size_t n)
{
    const uint8_t *bytes = data;
    irqflags_t flags = spin_lock_irqsave(&random_lock);

    while (n) {
        uint32_t piece[KEY_WORDS] = {0}, unused[KEY_WORDS];
        size_t len = min(n, sizeof(piece));

        memcpy(piece, bytes, len);
        for (int i = 0; i < KEY_WORDS; i++)
            random_key[i] ^= piece[i];
        turn_key(unused);
        bytes += len;
        n -= len;
    }
    spin_unlock_irqrestore(&random_lock, flags);
}

void random_init(void)
{
    int64_t seed[2] = {arch_clock(), wall_clock()};
    random_add(seed, sizeof(seed));
}

static struct stream new_stream(void)
{
    struct stream s = {.counter = 0};
    irqflags_t flags = spin_lock_irqsave(&random_lock);

    turn_key(s.key);
    spin_unlock_irqrestore(&random_lock, flags);
    return s;
}

void get_random_bytes(void *buf, size_t n)
{
    struct stream s = new_stream();
    uint8_t *out = buf;

    /* As few as a key has need no stream: the key is nobody's but the caller's. */
    if (n <= sizeof(s.key)) {
        memcpy(buf, s.key, n);
        return;
    }
    while (n) {
        uint32_t block[BLOCK_WORDS];
        size_t len = min(n, sizeof(block));

        next_block(&s, block);
        memcpy(out, block, len);
        out += len;
        n -= len;
    }
}

ssize_t get_random_user(uaddr_t buf, size_t n)
{
    struct stream s = new_stream();
    size_t done = 0;

    while (done < n) {
        uint32_t block[BLOCK_WORDS];
        size_t len = min(n - done, sizeof(block));

        next_block(&s, block);
        size_t left = copy_to_user_partly(buf + done, block, len);
        done += len - left;
        if (left)
            return done ? (ssize_t)done : -EFAULT;
        /* Linux's promise: up to 256 bytes come whole. */
        if (done >= 256 && signal_pending(current))
            break;
        cond_resched();
    }
    return (ssize_t)done;
}

SYSCALL3(getrandom, uaddr_t, buf, size_t, n, unsigned, flags)
{
    if (flags & ~(unsigned)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
        return -EINVAL;
    if ((flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
        return -EINVAL;
    return get_random_user(buf, min(n, (size_t)INT32_MAX));
}
