/* SPDX-License-Identifier: MIT */
/*
 * Open files: the objects behind descriptors.
 *
 * A file belongs to whoever holds references: descriptors (of several processes after fork),
 * mappings, and each system call for as long as it uses it. With the last one it is released, and
 * its name and inode with it.
 */
#include "kernel/fs/internal.h"
#include "kernel/panic.h"
#include "mm/slab.h"

static struct kmem_cache *file_cache;

void file_init(void)
{
    file_cache = kmem_cache_create("file", sizeof(struct file), 0);
    if (!file_cache)
        panic("no memory for the cache of files");
}

struct file *alloc_file(struct dentry *d, struct inode *inode, unsigned flags,
                        const struct file_operations *fop)
{
    struct file *f = kmem_cache_alloc(file_cache, GFP_KERNEL | GFP_ZERO);

    if (!f)
        return NULL;
    f->f_count = 1;
    f->f_flags = flags & ~O_ONCE;
    f->f_dentry = d;
    f->f_inode = inode;
    f->f_op = fop;
    mutex_init(&f->f_pos_lock, "f_pos_lock", RANK_FILE_POS);
    return f;
}

struct file *get_file(struct file *f)
{
    int old = atomic_fetch_add(&f->f_count, 1);

    BUG_ON(old <= 0);
    return f;
}

void fput(struct file *f)
{
    if (!f || put_unless_last(&f->f_count))
        return;
    if (f->f_op->release)
        f->f_op->release(f);
    if (f->f_writer)
        put_write_access(f->f_inode);
    if (f->f_dentry)
        dput(f->f_dentry);
    else
        iput(f->f_inode);
    kmem_cache_free(file_cache, f);
}

ssize_t kernel_read(struct file *f, void *buf, size_t n, loff_t pos)
{
    struct inode *inode = f->f_inode;

    if (S_ISDIR(inode->i_mode))
        return -EISDIR;
    if (!inode->i_data.ops || pos < 0)
        return -EINVAL;
    return mapping_read_kernel(&inode->i_data, inode->i_size, buf, n, pos);
}
