/* SPDX-License-Identifier: MIT */
/*
 * tmpfs: a file system that is only memory.
 *
 *   super.c    mounting, its options, limits, statfs
 *   inode.c    inodes: making them, giving them back
 *   dir.c      a directory's entries: find, add, remove, list
 *   namei.c    the operations on names
 *   file.c     the operations on files, and the page cache's on their pages
 *   hole.c     fallocate: pages made or given back in the middle of a file
 *   shmem.c    files without a name, for the rest of the kernel (kernel/fs/shmem.h)
 *   seals.c    what may not be done to a file any more
 *
 * A directory's entries are structures in memory, and each holds a reference to its inode. So an
 * inode lives as long as it has a name or a user, it never is in the table of inodes nor on the
 * list of unused ones, and no shrinker can take it. A file's bytes are its pages in the cache,
 * which have nowhere else to go (PG_swapbacked): they leave when the file is cut or goes.
 *
 * Limits: a volume has so many pages and so many inodes (names of a file beyond its first count as
 * well), -ENOSPC beyond them. Files without a name have no such limit. Beyond all that, the pages
 * of all such files together may take three quarters of memory. The rest is for who notices that
 * they are full: a write() fails, a store through a mapping is SIGBUS, and no process is killed for
 * memory that its end would not give back.
 *
 * Locks: i_lock guards a directory's entries, a file's size and seals, and is held by whoever
 * writes. i_blocks changes under the mapping's lock, with the pages that it counts. The volume's
 * counts are atomic.
 */
#ifndef KERNEL_FS_TMPFS_TMPFS_H
#define KERNEL_FS_TMPFS_TMPFS_H

#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/string.h"
#include "mm/rbtree.h"
#include "mm/slab.h"

#define TMPFS_MAGIC       0x01021994
#define SECTORS_PER_PAGE  (PAGE_SIZE / 512)
#define TMPFS_DIRENT_SIZE 20 /* what a name adds to its directory's st_size, as on Linux */

/* A mounted volume: super_block.private. The limits do not change; 0: none. */
struct tmpfs_volume {
    struct super_block sb;
    size_t max_pages, max_inodes;
    atomic_size_t pages, inodes;
    atomic_size_t last_ino;
};

struct tmpfs_inode {
    struct inode vfs;
    /* Of a directory. */
    struct rb_root names;     /* its entries by name */
    struct list_head entries; /* the same by age, cookies ascending */
    loff_t next_cookie;
    /* Of a symbolic link. */
    char *target;
    /* Of a regular file: F_SEAL_*. */
    unsigned seals;
};

/* A name in a directory. */
struct tmpfs_entry {
    struct rb_node rb;
    struct list_head node;
    struct inode *inode; /* a reference */
    loff_t cookie;       /* where readdir() finds it; never given out twice in one directory */
    size_t len;
    char name[];
};

static inline struct tmpfs_volume *tmpfs_volume(const struct super_block *sb)
{
    return sb->private;
}

static inline struct tmpfs_inode *tmpfs_inode(struct inode *inode)
{
    return container_of(inode, struct tmpfs_inode, vfs);
}

static inline void tmpfs_touch(struct inode *inode)
{
    inode->i_mtime = inode->i_ctime = current_time();
}

/* --- super.c --- */

/* A volume of `dev` with no files, not mounted anywhere; ERR_PTR(-ENOMEM). */
struct tmpfs_volume *tmpfs_make_volume(dev_t dev);
/* One inode or name more, or less: 0 or -ENOSPC. Do not sleep. */
int tmpfs_charge_inode(struct super_block *sb);
void tmpfs_uncharge_inode(struct super_block *sb);
/* One page more, or less: 0 or -ENOSPC. Do not sleep. */
int tmpfs_charge_page(struct super_block *sb);
void tmpfs_uncharge_page(struct super_block *sb);
/* So many pages may all files together have that are only memory. */
size_t tmpfs_all_max_pages(void);

/* --- inode.c --- */

void tmpfs_inode_init(void);
struct inode *tmpfs_alloc_inode(struct super_block *sb);
void tmpfs_free_inode(struct inode *inode);
/*
 * An inode of the type in `mode`, with one reference and i_nlink 1 (2: a directory). It goes with
 * its last reference, whatever i_nlink says. ERR_PTR(-ENOSPC, -ENOMEM).
 */
struct inode *tmpfs_new_inode(struct super_block *sb, unsigned mode, dev_t rdev);

/* --- dir.c: dir->i_lock held --- */

struct tmpfs_entry *tmpfs_find_entry(struct inode *dir, const char *name, size_t len);
/* Adds a name that is not there yet, with a reference of its own to inode: 0 or -ENOMEM. */
int tmpfs_add_entry(struct inode *dir, const char *name, size_t len, struct inode *inode);
/* Takes it out; its reference to the inode goes, and is not the last one. */
void tmpfs_remove_entry(struct inode *dir, struct tmpfs_entry *entry);
/* Removes all that is below `root`, which nobody else can reach any more. No lock. */
void tmpfs_empty(struct inode *root);
extern const struct file_operations tmpfs_dir_operations;

/* --- shmem.c --- */
void tmpfs_shmem_init(void);

/* --- hole.c --- */
int tmpfs_fallocate(struct file *f, unsigned mode, loff_t start, loff_t len);

/* --- seals.c --- */
/* The file's i_lock is held, but for the last. 0 or -EPERM. */
int tmpfs_may_resize(struct inode *inode, loff_t size);
int tmpfs_may_punch(struct inode *inode);
/* How many of the n > 0 bytes at pos may be written. */
ssize_t tmpfs_may_write(struct inode *inode, loff_t pos, size_t n);
int tmpfs_may_chmod(struct inode *inode, unsigned mode);
/* file_operations' mmap_flags. */
int tmpfs_mmap_flags(struct file *f, unsigned *vm_flags);

/* --- namei.c --- */
extern const struct inode_operations tmpfs_dir_inode_operations, tmpfs_symlink_inode_operations;

/* --- file.c --- */
extern const struct inode_operations tmpfs_file_inode_operations;
extern const struct file_operations tmpfs_file_operations;
extern const struct address_space_operations tmpfs_aops;

#endif
