/* SPDX-License-Identifier: MIT */
/*
 * Pipes and fifos: a ring of PIPE_SIZE bytes between writers and readers.
 *
 * `head` counts the bytes ever written, `tail` those ever read; byte n is in page n / PAGE_SIZE of
 * the ring, modulo PIPE_PAGES. Pages are allocated when a write reaches them and freed when read to
 * their end, so an idle pipe holds at most one.
 *
 * pipe->lock (RANK_PIPE) guards the ring and the counts of ends; it is held while bytes are copied
 * from and to user memory, and never while waiting. Sleepers look at the counts without it: every
 * change is followed by a wake-up. The inode's i_lock guards i_pipe and pipe->files, the number of
 * open files that keep the pipe alive.
 */
#ifndef KERNEL_FS_PIPE_H
#define KERNEL_FS_PIPE_H

#include "kernel/fs/internal.h"

struct pipe {
    struct mutex lock;
    size_t head, tail;
    unsigned readers, writers;               /* open ends */
    unsigned readers_opened, writers_opened; /* ever: who waits in open() watches these */
    unsigned files;
    struct wait_queue read_wait, write_wait;
    struct page *pages[PIPE_PAGES];
};

/* pipe.c: one that no file has open, or NULL: no memory. Freed when its last file is closed. */
struct pipe *pipe_alloc(void);
void pipe_free(struct pipe *p);

/* pipe.c: file_operations' of both ends; f->private is the pipe. The first two may sleep. */
ssize_t pipe_read(struct file *f, uaddr_t buf, size_t n, loff_t *pos);
ssize_t pipe_write(struct file *f, uaddr_t buf, size_t n, loff_t *pos);
unsigned pipe_poll(struct file *f);
long pipe_ioctl(struct file *f, unsigned cmd, uaddr_t arg);

#endif
