/* SPDX-License-Identifier: MIT */
/*
 * procfs: files of 64-bit words, one for each page of something. They are made a batch at a time,
 * and copied when whatever lock their maker takes is released: the reader's own memory may be what
 * they tell of.
 */
#include "kernel/errno.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/sched.h"
#include "mm/slab.h"
#include "mm/uaccess.h"

#define WORD_SIZE sizeof(uint64_t)
#define BATCH     (PAGE_SIZE / WORD_SIZE)

/* Words `first` to `end` (exclusive). Bytes copied, or -errno when there are none. */
static ssize_t copy_words(uaddr_t buf, uint64_t first, uint64_t end, proc_words_fn *make, void *arg)
{
    uint64_t *words = kmalloc(BATCH * WORD_SIZE, GFP_KERNEL);
    size_t done = 0;
    int err = words ? 0 : -ENOMEM;

    while (!err && first < end) {
        size_t n = min(end - first, BATCH);

        make(words, first, n, arg);
        if (copy_to_user(buf + done, words, n * WORD_SIZE) != 0) {
            err = -EFAULT;
        } else {
            done += n * WORD_SIZE;
            first += n;
            cond_resched();
            if (fatal_signal_pending(current))
                err = -EINTR;
        }
    }
    kfree(words);
    return done ? (ssize_t)done : err;
}

ssize_t proc_read_words(uaddr_t buf, size_t n, loff_t *pos, uint64_t count, proc_words_fn *make,
                        void *arg)
{
    uint64_t first = (uint64_t)*pos / WORD_SIZE;

    if ((uint64_t)*pos % WORD_SIZE || n % WORD_SIZE)
        return -EINVAL;
    if (first >= count || n == 0)
        return 0;
    ssize_t result = copy_words(buf, first, first + min(n / WORD_SIZE, count - first), make, arg);
    if (result > 0)
        *pos += result;
    return result;
}
