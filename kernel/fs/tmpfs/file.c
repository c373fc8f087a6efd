/* SPDX-License-Identifier: MIT */
/*
 * Files of tmpfs, and the page cache's operations on their pages.
 *
 * A page comes when it is written to or touched through a mapping, zeroed, and is counted then. A
 * hole that is only read() gets none. In the page that holds the file's end, what lies behind the
 * end may have been written through a mapping; it is zeroed before the file grows over it.
 */
#include "kernel/fs/tmpfs/tmpfs.h"
#include "mm/vma.h"

/* --- pages --- */

static int read_page(struct address_space *mapping, struct page *page)
{
    void *base = kmap_local(page);

    (void)mapping;
    memset(base, 0, PAGE_SIZE);
    kunmap_local(base);
    return 0;
}

static int page_mkwrite(struct address_space *mapping, struct page *page)
{
    (void)page;
    tmpfs_touch(mapping->host);
    return 0;
}

static int page_added(struct address_space *mapping)
{
    struct inode *inode = mapping->host;
    int err = tmpfs_charge_page(inode->i_sb);

    if (!err)
        inode->i_blocks += SECTORS_PER_PAGE;
    return err;
}

static void page_removed(struct address_space *mapping)
{
    struct inode *inode = mapping->host;

    inode->i_blocks -= SECTORS_PER_PAGE;
    tmpfs_uncharge_page(inode->i_sb);
}

const struct address_space_operations tmpfs_aops = {
    .read_page = read_page,
    .page_mkwrite = page_mkwrite,
    .page_added = page_added,
    .page_removed = page_removed,
};

/* --- files --- */

static ssize_t tmpfs_read(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    ssize_t got = generic_file_read(f, buf, n, pos);

    if (got > 0)
        file_accessed(f);
    return got;
}

static ssize_t tmpfs_write(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    struct inode *inode = f->f_inode;
    loff_t start;
    ssize_t ret;

    mutex_lock(&inode->i_lock);
    start = f->f_flags & O_APPEND ? inode->i_size : *pos;
    ret = tmpfs_may_write(inode, start, n);
    if (ret > 0)
        ret = generic_write_locked(f, buf, (size_t)ret, pos, NULL);
    mutex_unlock(&inode->i_lock);
    return ret;
}

static int tmpfs_mmap(struct file *f, struct vm_area_struct *vma)
{
    file_accessed(f);
    vma->vm_ops = &filemap_vm_ops;
    return 0;
}

static int tmpfs_truncate(struct inode *inode, loff_t size)
{
    loff_t old = inode->i_size;

    int err = size < 0 ? -EINVAL : tmpfs_may_resize(inode, size);

    if (err)
        return err;
    zero_page_tail(&inode->i_data, min(old, size));
    WRITE_ONCE(inode->i_size, size);
    tmpfs_touch(inode);
    if (size < old)
        truncate_pages(&inode->i_data, ((uint64_t)size + PAGE_SIZE - 1) >> PAGE_SHIFT);
    return 0;
}

const struct file_operations tmpfs_file_operations = {
    .read = tmpfs_read,
    .write = tmpfs_write,
    .mmap = tmpfs_mmap,
    .mmap_flags = tmpfs_mmap_flags,
    .fallocate = tmpfs_fallocate,
    .fsync = noop_fsync,
};

const struct inode_operations tmpfs_file_inode_operations = {.truncate = tmpfs_truncate,
                                                             .may_chmod = tmpfs_may_chmod};
