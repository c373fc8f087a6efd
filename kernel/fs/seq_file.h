/* SPDX-License-Identifier: MIT */
/*
 * Text made by the kernel for a reader: what /proc's files are written into.
 *
 * The buffer grows as needed; when memory runs out, `failed` is set and the reader gets -ENOMEM.
 * Belongs to one caller: no lock.
 */
#ifndef KERNEL_FS_SEQ_FILE_H
#define KERNEL_FS_SEQ_FILE_H

#include "kernel/types.h"

struct seq_file {
    char *buf; /* kmalloc'ed, vmalloc'ed when large, or NULL */
    size_t size, count;
    bool failed;
};

void seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_write(struct seq_file *m, const void *data, size_t n);
void seq_free(struct seq_file *m);

#endif
