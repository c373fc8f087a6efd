/* SPDX-License-Identifier: MIT */
/*
 * The page cache: the pages of a file, held in memory, and what mmap shows.
 *
 * An address_space maps page numbers of one file (or block device) to pages, on a radix tree under
 * mapping->lock (RANK_MAPPING). A cached page (PG_cache) holds one reference for the cache itself,
 * one for each user page-table entry that shows it, and one for each find_get_page() in progress.
 *
 * PG_uptodate: its bytes are the file's. Once set on a page it stays.
 * PG_locked: being read from the file or written to it, or removed; lock_page() sleeps.
 * PG_dirty: newer than the disk. Set under mapping->lock, cleared by who holds the page locked. A
 * page that some shared mapping shows writable is dirty: it becomes so first, and becomes clean
 * only after page_mkclean().
 * page->mapping changes only while the page is locked: whoever holds a page locked and finds a
 * mapping in it keeps that mapping alive, for truncate_pages() would wait for the page.
 *
 * In the tree a page is marked from when it becomes dirty until a write of it has *finished* with
 * no newer change: who waits for the marked pages waits for writes that others have begun, too. A
 * mapping is on the list of dirty mappings exactly while it has marked pages (nr_dirty).
 *
 * A page leaves the cache only when locked, clean (or truncated) and, unless truncated, unused: the
 * cache's own reference and that of whoever removes it are the only ones.
 *
 * Files: filemap.c lookup, reading, page locks; filemap_rw.c copies to and from users;
 * filemap_fault.c what mappings show; writeback.c dirty pages; truncate.c; page_reclaim.c the LRU
 * list and giving memory back.
 */
#ifndef MM_FILEMAP_H
#define MM_FILEMAP_H

#include "kernel/mutex.h"
#include "mm/page_alloc.h"
#include "mm/radix.h"
#include "mm/rmap.h"

struct address_space;
struct inode;
struct vm_operations;

struct address_space_operations {
    /*
     * Fills the locked page from the file (zeroes beyond its end and in holes); 0 or -errno. May
     * sleep. The caller unlocks it and sets PG_uptodate.
     */
    int (*read_page)(struct address_space *mapping, struct page *page);
    /*
     * Writes the locked page, whose PG_dirty the caller has cleared. 0 or -errno. May sleep. After
     * -ENOMEM the page is dirty again; any other error loses the change and is kept for fsync().
     * Missing: the page is all there is of the file (tmpfs). Such pages are PG_swapbacked, are
     * never written nor reclaimed, and leave with the file.
     */
    int (*write_page)(struct address_space *mapping, struct page *page);
    /*
     * A store through a shared mapping is about to change the locked, uptodate page, of which the
     * file has at least a byte: makes room for it on disk, and notes the change's time. 0, or
     * -errno, which is SIGBUS for the program. Missing: nothing to be done. May sleep.
     */
    int (*page_mkwrite)(struct address_space *mapping, struct page *page);
    /*
     * A page is about to join the file's (0 or -errno), and one has left them: for who counts them.
     * mapping->lock held. Missing: nobody does.
     */
    int (*page_added)(struct address_space *mapping);
    void (*page_removed)(struct address_space *mapping);
    /*
     * A block device, whose pages hold a file system's own data: they are locked inside those of
     * files (RANK_BLOCK_PAGE), and get memory from the kernel's share.
     */
    bool is_device;
};

struct address_space {
    void *host; /* the inode or block device */
    const struct address_space_operations *ops;
    struct spinlock lock; /* RANK_MAPPING */
    struct radix_root pages;
    size_t nr_pages;
    size_t nr_dirty;             /* marked pages: dirty or being written */
    struct list_head dirty_node; /* on the list of dirty mappings, or alone */
    int error;               /* of a write that failed with nobody waiting; fsync() reports it */
    struct rmap_tree i_mmap; /* the areas that show its pages */
    /* How many mmap() calls are about to add one that may store to the file; -1: none may. */
    atomic_int i_mmap_writable;
};

void filemap_init(void); /* once, after radix_init() */
void mapping_init(struct address_space *m, void *host, const struct address_space_operations *ops);

/*
 * Around the making of an area with VM_SHARED and VM_MAYWRITE, until it is in i_mmap: 0, or -EPERM
 * when the file is sealed against it. Do not sleep.
 */
int mapping_map_writable(struct address_space *m);
void mapping_unmap_writable(struct address_space *m);

/* The cached page with a reference more, or NULL. Does no I/O and does not sleep. */
struct page *find_get_page(struct address_space *m, uint64_t index);

/* The same, but NULL unless it is uptodate. */
struct page *find_uptodate_page(struct address_space *m, uint64_t index);

/*
 * pages[i], for i below n: page first + i with a reference more, if it is cached and uptodate; else
 * unchanged. One hold of the lock; does not sleep.
 */
void find_uptodate_pages(struct address_space *m, uint64_t first, size_t n, struct page **pages);

/*
 * vec[i], for i below n > 0: 1 if page first + i is in the cache and uptodate, else 0. Does not
 * sleep.
 */
void filemap_residency(struct address_space *m, uint64_t first, size_t n, unsigned char *vec);

/*
 * The page, read from the file if it has to be, with a reference more: put_page() it.
 * ERR_PTR(-ENOMEM or what read_page() said). May sleep; mapping's own locks only.
 */
struct page *read_mapping_page(struct address_space *m, uint64_t index);

/*
 * The page, locked and with a reference more, added zeroed if it was not there (then not uptodate).
 * ERR_PTR(-ENOMEM). For writers: fill, page_set(PG_uptodate), mark_page_dirty(), unlock_put_page().
 */
struct page *grab_page(struct address_space *m, uint64_t index);

/* The cached page, locked and with a reference more, or NULL. May sleep; no I/O of its own. */
struct page *find_lock_page(struct address_space *m, uint64_t index);

/* Reads the locked page, unless it is uptodate, and makes it so: 0 or what read_page() said. */
int fill_page(struct address_space *m, struct page *page);

/* The caller holds a reference. May sleep; page->mapping is NULL afterwards if it was removed. */
void lock_page(struct page *page);
void unlock_page(struct page *page);
/* What grab_page() and find_lock_page() gave. */
static inline void unlock_put_page(struct page *page)
{
    unlock_page(page);
    put_page(page);
}

/*
 * After the change. The caller holds a reference to the page, and either its lock or what keeps its
 * file alive. A page that was truncated meanwhile is left alone. Does not sleep.
 */
void mark_page_dirty(struct page *page);
/* The locked page is not to be written any more: what it shows is what the file has on disk. */
void cancel_page_dirty(struct address_space *m, struct page *page);

/*
 * Writes the dirty ones of the pages first to last, and waits. First error, m->error included. May
 * sleep.
 */
int filemap_write_range(struct address_space *m, uint64_t first, uint64_t last);
/* The same for all pages of the mapping. */
int filemap_write_and_wait(struct address_space *m);
/* The same for every dirty mapping: sync(), power-off. Nothing of RANK_WRITEBACK or later held. */
int filemap_sync_all(void);
/* Makes a writer pay when too much is dirty: writes this mapping's pages. Same locks; may sleep. */
void balance_dirty_pages(struct address_space *m);

/*
 * Drops all pages from `first` on, dirty or not, waiting for those in use by I/O: the file was cut
 * or is gone. Whoever maps them, or private copies of them, loses them too (mm/rmap.h). Zeroing the
 * rest of a partly kept page is the caller's. May sleep. After first == 0,
 * and with nobody left who could add a page, nothing refers to the mapping any more.
 *
 * A reader that saw the old size may add a page again at any moment. So a file is cut in this
 * order: set the new size, truncate_pages(), free the blocks, truncate_pages() once more: a page
 * added after that finds no block and reads zeroes.
 */
void truncate_pages(struct address_space *m, uint64_t first);
/*
 * The same for the pages from `first` to `last`, of which private copies stay; and for one that
 * nobody maps.
 */
void truncate_page_range(struct address_space *m, uint64_t first, uint64_t last);
void truncate_page(struct address_space *m, uint64_t index);
/* Drops those of the range that were added by grab_page() and never filled since. May sleep. */
void drop_unfilled_pages(struct address_space *m, uint64_t first, uint64_t last);
/*
 * Drops what is clean and unused, without sleeping: true when nothing is left and nothing refers to
 * the mapping. This, never truncate_pages(), is for getting rid of cached files from a shrinker,
 * which runs inside whatever allocation was short of memory and so holds any lock.
 */
bool invalidate_pages(struct address_space *m);

/*
 * Pages first to last have lost their second chance: they are next to go when memory is short.
 * `evict`: those that are clean, and shown by one process at most, go at once. May sleep.
 */
void filemap_deactivate(struct address_space *m, uint64_t first, uint64_t last, bool evict);

/* Copies up to n bytes at pos to a kernel buffer; `size` is the file's. Bytes read or -errno. */
ssize_t mapping_read_kernel(struct address_space *m, loff_t size, void *buf, size_t n, loff_t pos);
/* The same to user memory. -EFAULT when nothing could be copied. No lock held. */
ssize_t mapping_read_user(struct address_space *m, loff_t size, uaddr_t buf, size_t n, loff_t pos);
/*
 * Copies n bytes from user memory into the cache at pos, and raises *size as needed. The caller's
 * lock (before RANK_MMAP) orders writers. `prepare` (or NULL) is given m->host and called once for
 * each page, which may be locked, before its new bytes can reach the disk. Bytes written or -errno.
 */
ssize_t mapping_write_user(struct address_space *m, loff_t *size, uaddr_t buf, size_t n, loff_t pos,
                           int (*prepare)(struct inode *inode, loff_t pos, size_t n));
/*
 * Zeroes what follows byte `size` in its page, if that is in the cache: stores through a mapping
 * may have left something behind the file's end. Before a file grows over it. May sleep.
 */
void zero_page_tail(struct address_space *m, loff_t size);

/* What shows a regular file's pages in an area: file_operations' mmap() gives it this. */
extern const struct vm_operations filemap_vm_ops;

/* Pages in the cache; of these, PG_swapbacked ones; and those dirty or being written. */
size_t filemap_pages(void);
size_t filemap_shmem_pages(void);
size_t filemap_dirty_pages(void);

#endif
