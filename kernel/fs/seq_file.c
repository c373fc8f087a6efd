/* SPDX-License-Identifier: MIT */
/* Text that grows as it is written. See seq_file.h. */
#include "kernel/fs/seq_file.h"
#include "kernel/string.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

#define FIRST_SIZE  1024
#define MAX_KMALLOC (64 * KiB) /* contiguous memory beyond that is too rare to depend on */

/* A buffer of `size` bytes with the text so far, or NULL, and then the old one is as it was. */
static char *resize(struct seq_file *m, size_t size)
{
    if (size <= MAX_KMALLOC)
        return krealloc(m->buf, size, GFP_KERNEL);
    char *buf = vmalloc(size);
    if (!buf)
        return NULL;
    memcpy(buf, m->buf, m->count);
    m->size > MAX_KMALLOC ? vfree(m->buf) : kfree(m->buf);
    return buf;
}

/* Makes room for n bytes more and a terminator. */
static bool reserve(struct seq_file *m, size_t n)
{
    size_t size = max(m->size, (size_t)FIRST_SIZE);

    if (m->failed)
        return false;
    while (size - m->count <= n)
        size *= 2;
    if (size == m->size)
        return true;
    char *buf = resize(m, size);
    if (!buf) {
        m->failed = true;
        return false;
    }
    m->buf = buf;
    m->size = size;
    return true;
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
    va_list args, again;

    va_start(args, fmt);
    va_copy(again, args);
    size_t room = m->size - m->count;
    int n = vsnprintf(m->buf ? m->buf + m->count : NULL, room, fmt, args);
    if (n >= 0 && (size_t)n >= room && reserve(m, (size_t)n))
        vsnprintf(m->buf + m->count, m->size - m->count, fmt, again);
    if (n >= 0 && !m->failed)
        m->count += (size_t)n;
    va_end(again);
    va_end(args);
}

void seq_write(struct seq_file *m, const void *data, size_t n)
{
    if (!reserve(m, n))
        return;
    memcpy(m->buf + m->count, data, n);
    m->count += n;
}

void seq_free(struct seq_file *m)
{
    m->size > MAX_KMALLOC ? vfree(m->buf) : kfree(m->buf);
    *m = (struct seq_file){0};
}
