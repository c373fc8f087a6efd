/* SPDX-License-Identifier: MIT */
/*
 * Open files, and the page cache's operations on them.
 *
 * A hole gets its block when it is written to (prepare_write), so write-back cannot run out of
 * space. At that moment the block's contents on disk are somebody's old ones; they are never seen,
 * for the cached page stays locked from before until it holds the file's new bytes and is dirty.
 */
#include "kernel/fs/ext2/ext2.h"
#include "mm/vma.h"

static void zero_page_from(struct page *page, size_t offset)
{
    uint8_t *base = kmap_local(page);

    memset(base + offset, 0, EXT2_BLOCK_SIZE - offset);
    kunmap_local(base);
}

/* Lookups of blocks begin with i_size: see the locks in ext2.h. */
static int read_page(struct address_space *mapping, struct page *page)
{
    struct inode *inode = mapping->host;
    loff_t start = (loff_t)(page->index << EXT2_BLOCK_SHIFT), size = READ_ONCE(inode->i_size);
    uint32_t block = 0;
    int err = 0;

    if (start < size)
        err = ext2_bmap(inode, page->index, &block);
    if (!err && block)
        err = bdev_rw_page(inode->i_sb->bdev, block, page, false);
    if (err)
        return err;
    if (!block)
        zero_page_from(page, 0);
    else if (size - start < EXT2_BLOCK_SIZE)
        zero_page_from(page, (size_t)(size - start));
    return 0;
}

static int write_page(struct address_space *mapping, struct page *page)
{
    struct inode *inode = mapping->host;
    loff_t start = (loff_t)(page->index << EXT2_BLOCK_SHIFT), size = READ_ONCE(inode->i_size);
    uint32_t block;
    int err = ext2_bmap(inode, page->index, &block);

    if (!err && !block) {
        if (start >= size)
            return 0;
        err = ext2_map_block(inode, page->index, &block);
    }
    /* What a program left behind the end, through a mapping, stays in memory. */
    if (start < size && size - start < EXT2_BLOCK_SIZE)
        zero_page_from(page, (size_t)(size - start));
    return err ? err : bdev_rw_page(inode->i_sb->bdev, block, page, true);
}

/*
 * A page beyond the end is about to leave the cache, and then nobody would free its block: cutting
 * a file sets i_size first, and takes each page's lock to take it out.
 */
static int page_mkwrite(struct address_space *mapping, struct page *page)
{
    struct inode *inode = mapping->host;
    uint32_t block;
    int err;

    if ((loff_t)(page->index << EXT2_BLOCK_SHIFT) >= READ_ONCE(inode->i_size))
        return -EFAULT;
    err = ext2_map_block(inode, page->index, &block);
    if (!err)
        ext2_touch(inode);
    return err;
}

const struct address_space_operations ext2_aops = {
    .read_page = read_page,
    .write_page = write_page,
    .page_mkwrite = page_mkwrite,
};

struct page *ext2_grow(struct inode *inode, uint64_t index)
{
    struct page *page = grab_page(&inode->i_data, index);
    uint32_t block;
    int err;

    if (IS_ERR(page))
        return page;
    err = ext2_map_block(inode, index, &block);
    if (err) {
        unlock_put_page(page);
        return ERR_PTR(err);
    }
    zero_page_from(page, 0);
    page_set(page, PG_uptodate);
    return page;
}

void ext2_touch(struct inode *inode)
{
    inode->i_mtime = inode->i_ctime = current_time();
    mark_inode_dirty(inode);
}

static int prepare_write(struct inode *inode, loff_t pos, size_t n)
{
    uint32_t block;

    if (inode->i_sb->read_only)
        return -EROFS;
    if (pos > EXT2_MAX_SIZE || n > (size_t)(EXT2_MAX_SIZE - pos))
        return -EFBIG;
    return ext2_map_block(inode, (uint64_t)pos >> EXT2_BLOCK_SHIFT, &block);
}

static ssize_t file_write(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    struct inode *inode = f->f_inode;
    ssize_t written = generic_file_write(f, buf, n, pos, prepare_write);

    /* Cut short after a block was allocated: nothing stays beyond the end. */
    if (written < (ssize_t)n) {
        mutex_lock(&inode->i_lock);
        ext2_trim(inode);
        mutex_unlock(&inode->i_lock);
    }
    return written;
}

static ssize_t file_read(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    ssize_t got = generic_file_read(f, buf, n, pos);

    if (got > 0)
        file_accessed(f);
    return got;
}

static int file_mmap(struct file *f, struct vm_area_struct *vma)
{
    file_accessed(f);
    vma->vm_ops = &filemap_vm_ops;
    return 0;
}

const struct file_operations ext2_file_operations = {
    .read = file_read,
    .write = file_write,
    .mmap = file_mmap,
    .fallocate = ext2_fallocate,
    .fsync = generic_file_fsync,
};

const struct file_operations ext2_dir_operations = {.readdir = ext2_readdir,
                                                    .fsync = generic_file_fsync};

const struct inode_operations ext2_file_inode_operations = {.truncate = ext2_truncate};
