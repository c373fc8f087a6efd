/* SPDX-License-Identifier: MIT */
/*
 * Random numbers: one ChaCha20 generator (RFC 8439, section 2.3, for the block function).
 *
 * The state is a 256-bit key. Each request takes one block from it: half becomes the next key, half
 * the key of the request's own stream, so that no later state tells what was handed out before.
 * What is fed in (firmware's seed, clocks, the moments at which keys are pressed) is mixed into the
 * key.
 *
 * random_lock (RANK_LEAF, interrupts off) guards the key and is held for a block or two.
 */
#ifndef KERNEL_RANDOM_H
#define KERNEL_RANDOM_H

#include "kernel/types.h"

/* Seeds from the clocks, before the first process. Ports may have called random_add() by then. */
void random_init(void);

/* Mixes n bytes in. They need not be secret or random, only not known to everyone. Any context. */
void random_add(const void *data, size_t n);

/* Any context. Any number of bytes; does not sleep. */
void get_random_bytes(void *buf, size_t n);

/* The same to user memory: n, what was done before a signal or a bad address, or -EFAULT. May
 * sleep. */
ssize_t get_random_user(uaddr_t buf, size_t n);

#endif
