/* SPDX-License-Identifier: MIT */
/*
 * Copying between the page cache and users' memory (or the kernel's). See filemap.h.
 *
 * A user's buffer may itself be a mapped file, even the very page that is copied to, so no page
 * lock is held while a fault on it could be served. Reading needs none: an uptodate page may be
 * copied from at any time. Writing makes the buffer present first, then copies under the page lock
 * without serving faults, and tries again should the buffer have gone away in between.
 */
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/filemap.h"
#include "mm/mm.h"
#include "mm/uaccess.h"

/* A buffer that vanishes again and again is its process's own doing, and is called bad. */
#define WRITE_TRIES 16

/* Returns the bytes not copied. */
typedef size_t (*copy_out_fn)(uint64_t dst, const void *src, size_t n);

static size_t copy_to_kernel(uint64_t dst, const void *src, size_t n)
{
    memcpy((void *)dst, src, n);
    return 0;
}

/*
 * The page to copy from, with a reference more. A file that is only its pages need not get one for
 * a hole that is read: what is not there, or not filled yet, is zeroes.
 */
static struct page *page_to_read(struct address_space *m, uint64_t index)
{
    if (m->ops->write_page)
        return read_mapping_page(m, index);
    struct page *page = find_uptodate_page(m, index);
    if (page)
        return page;
    get_page(zero_page);
    return zero_page;
}

static ssize_t read_pages(struct address_space *m, loff_t size, uint64_t dst, size_t n, loff_t pos,
                          copy_out_fn copy)
{
    size_t done = 0;
    int err = 0;

    if (pos < 0)
        return -EINVAL;
    if (pos >= size)
        return 0;
    n = min(n, (size_t)(size - pos));
    while (done < n) {
        size_t offset = pos & (PAGE_SIZE - 1);
        size_t chunk = min(n - done, PAGE_SIZE - offset);
        struct page *page = page_to_read(m, (uint64_t)pos >> PAGE_SHIFT);
        if (IS_ERR(page)) {
            err = PTR_ERR(page);
            break;
        }
        char *bytes = kmap_local(page);
        size_t left = copy(dst + done, bytes + offset, chunk);
        kunmap_local(bytes);
        put_page(page);
        done += chunk - left;
        pos += chunk - left;
        if (left) {
            err = -EFAULT;
            break;
        }
        cond_resched();
        if (done < n && fatal_signal_pending(current)) {
            err = -EINTR;
            break;
        }
    }
    return done ? (ssize_t)done : err;
}

ssize_t mapping_read_kernel(struct address_space *m, loff_t size, void *buf, size_t n, loff_t pos)
{
    return read_pages(m, size, (uint64_t)buf, n, pos, copy_to_kernel);
}

ssize_t mapping_read_user(struct address_space *m, loff_t size, uaddr_t buf, size_t n, loff_t pos)
{
    return read_pages(m, size, buf, n, pos, copy_to_user_partly);
}

/* What a write of part of a page has to find in it. Beyond the file's end nothing is read. */
static int fill_for_write(struct address_space *m, struct page *page, loff_t size)
{
    if (page_test(page, PG_uptodate) || (loff_t)(page->index << PAGE_SHIFT) < size)
        return fill_page(m, page);
    char *bytes = kmap_local(page);
    memset(bytes, 0, PAGE_SIZE);
    kunmap_local(bytes);
    page_set(page, PG_uptodate);
    return 0;
}

/*
 * Writes to one locked page. Bytes copied (0: the buffer is absent) or -errno.
 *
 * What is prepared must then be written, or a new block would show what the disk held there before.
 * A page with all its bytes can always be written, so it is prepared first. One that is overwritten
 * as a whole and was never read is prepared once all new bytes are there; until then it is not
 * uptodate, and a failure leaves nothing behind.
 */
static ssize_t write_to_page(struct address_space *m, struct page *page, loff_t *size, uaddr_t buf,
                             size_t n, loff_t pos, int (*prepare)(struct inode *, loff_t, size_t))
{
    bool whole = n == PAGE_SIZE && !page_test(page, PG_uptodate);
    int err = whole ? 0 : fill_for_write(m, page, *size);

    if (!err && !whole && prepare)
        err = prepare(m->host, pos, n);
    if (err)
        return err;

    char *bytes = kmap_local(page);
    size_t copied = n - copy_from_user_nofault(bytes + (pos & (PAGE_SIZE - 1)), buf, n);
    kunmap_local(bytes);
    if (whole && copied < n)
        return 0;
    if (whole && prepare)
        err = prepare(m->host, pos, n);
    if (err)
        return err;

    page_set(page, PG_uptodate);
    if (copied > 0 && pos + (loff_t)copied > *size)
        WRITE_ONCE(*size, pos + (loff_t)copied);
    mark_page_dirty(page);
    return (ssize_t)copied;
}

/* As much of the chunk as the buffer has. */
static ssize_t write_chunk(struct address_space *m, loff_t *size, uaddr_t buf, size_t n, loff_t pos,
                           int (*prepare)(struct inode *, loff_t, size_t))
{
    n = fault_in_user(buf, n);
    if (n == 0)
        return -EFAULT;
    struct page *page = grab_page(m, pos >> PAGE_SHIFT);
    if (IS_ERR(page))
        return PTR_ERR(page);
    ssize_t ret = write_to_page(m, page, size, buf, n, pos, prepare);
    unlock_put_page(page);
    return ret;
}

ssize_t mapping_write_user(struct address_space *m, loff_t *size, uaddr_t buf, size_t n, loff_t pos,
                           int (*prepare)(struct inode *inode, loff_t pos, size_t n))
{
    unsigned tries = 0;
    size_t done = 0;
    ssize_t ret = 0;

    if (n > 0 && pos > *size)
        zero_page_tail(m, *size);
    while (done < n) {
        size_t chunk = min(n - done, PAGE_SIZE - ((pos + done) & (PAGE_SIZE - 1)));
        ret = write_chunk(m, size, buf + done, chunk, pos + (loff_t)done, prepare);
        tries = ret == 0 ? tries + 1 : 0;
        if (tries == WRITE_TRIES)
            ret = -EFAULT;
        if (ret < 0)
            break;
        done += ret;
        balance_dirty_pages(m);
        cond_resched();
        if (done < n && fatal_signal_pending(current)) {
            ret = -EINTR;
            break;
        }
    }
    return done ? (ssize_t)done : ret;
}

void zero_page_tail(struct address_space *m, loff_t size)
{
    size_t offset = (uint64_t)size & (PAGE_SIZE - 1);
    struct page *page = offset ? find_lock_page(m, (uint64_t)size >> PAGE_SHIFT) : NULL;

    if (!page)
        return;
    /*
     * What is stored there makes the page dirty, unless it is memory alone; and what was written
     * back ended in zeroes.
     */
    if (page_test(page, PG_dirty | PG_swapbacked)) {
        char *bytes = kmap_local(page);
        memset(bytes + offset, 0, PAGE_SIZE - offset);
        kunmap_local(bytes);
    }
    unlock_put_page(page);
}
