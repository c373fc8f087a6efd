/* SPDX-License-Identifier: MIT */
/*
 * The ext2 driver: revision 1, 4 KiB blocks, so that one block is one page everywhere.
 *
 *   super.c     mounting: what is understood, refused or mounted for reading only
 *   volume.c    the mounted volume: counts written back, clean flag, statfs, damage reports
 *   group.c     block groups: their descriptors, and which blocks are never a file's
 *   bitmap.c    finding and changing bits in a bitmap block
 *   balloc.c    data and indirect blocks: allocate, free
 *   ialloc.c    inodes: allocate, free
 *   inode.c     inodes between disk and memory
 *   bmap.c      the block of a file -> the block of the disk, allocating on demand
 *   truncate.c  changing a file's size, and freeing what is beyond
 *   dir.c       entries in a directory's pages; readdir.c listing them
 *   namei.c     the operations on names; rename.c the largest of them
 *   file.c      the operations on open files, and the page cache's on files
 *   fallocate.c blocks for a part of a file, before it is written, and holes
 *   symlink.c   symbolic links
 *
 * What is on the disk is not trusted. Whatever is read from it is checked before use; what makes no
 * sense ends in -EUCLEAN, one line in the log and a mark in the superblock, never in a panic.
 *
 * Where things are cached: superblock, descriptors, bitmaps, inode tables and indirect blocks in
 * the device's cache (bread); contents of files, directories and long symbolic links in
 * inode->i_data. Group descriptors and the superblock's counts are kept in memory and stored by
 * ext2_sync().
 *
 * Locks:
 *   i_lock (the VFS's)  a directory's entries, a file's size.
 *   the page's lock     held around each change of a directory's page, so that no half of a change
 * is written; and around read_page and write_page. ext2_volume.lock    (RANK_FS) bitmaps, groups
 * and counts; every change of a block pointer, of i_blocks, of i_nlink, and of the inode table.
 * Looking a block up takes no lock: a pointer is one aligned 32-bit word, published (release) after
 * what it leads to. What a reader may follow stays allocated: blocks are freed only after i_size
 * has shrunk and the pages beyond it are gone, which waits for every reader and writer of such a
 * page (each holds its page's lock), and read_page looks at i_size before it looks at pointers.
 */
#ifndef KERNEL_FS_EXT2_EXT2_H
#define KERNEL_FS_EXT2_EXT2_H

#include "kernel/drivers/block.h"
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/printk.h"
#include "kernel/string.h"
#include "mkfs/ext2_format.h"
#include "mm/slab.h"

_Static_assert(EXT2_BLOCK_SIZE == PAGE_SIZE, "one block is one page");

#define EXT2_SECTORS_PER_BLOCK (EXT2_BLOCK_SIZE / SECTOR_SIZE)

/*
 * The largest file: 2 TiB is what i_blocks can count on disk; 4 GiB of it are left for the indirect
 * blocks of a file that has no holes.
 */
#define EXT2_MAX_SIZE (((loff_t)2 << 40) - ((loff_t)4 << 30))

/* i_flags: the directory's blocks are also an index, which we do not keep up to date. */
#define EXT2_INDEX_FLAG 0x1000

/* A block group, in memory. The numbers of blocks are checked when mounting. */
struct ext2_group {
    uint32_t block_bitmap, inode_bitmap, inode_table;
    uint32_t blocks; /* the last group may have fewer */
    uint32_t free_blocks, free_inodes, used_dirs;
    bool dirty; /* counts newer than the descriptor in the device's cache */
};

/* A mounted volume: super_block.private. Fields without a lock do not change. */
struct ext2_volume {
    struct super_block *sb;
    struct block_device *bdev;
    uint32_t blocks_count, reserved_blocks, blocks_per_group;
    uint32_t inodes_count, inodes_per_group, first_ino, inode_size;
    uint32_t groups_count;
    uint32_t super_blocks; /* of a group with a copy of the superblock: it and the descriptors */
    bool sparse_super, filetype;
    bool was_clean;      /* VALID was set, ERROR was not, when it was mounted */
    atomic_bool damaged; /* something made no sense, or blocks were lost */
    atomic_uint reports; /* lines about damage so far */

    struct mutex lock;
    bool large_file; /* the feature: set once a file reaches 2 GiB */
    uint64_t free_blocks, free_inodes;
    struct ext2_group *groups;
};

struct ext2_inode_info {
    struct inode vfs;
    uint32_t block[EXT2_N_BLOCKS]; /* as on disk: pointers, device number, or a short link's text */
    uint32_t flags, xattr_block;
    /* Where the next block goes if it is the file's next one; volume's lock. */
    uint64_t goal_index;
    uint32_t goal_block;
};

static inline struct ext2_volume *ext2_volume(const struct super_block *sb)
{
    return sb->private;
}

static inline struct ext2_inode_info *ext2_info(struct inode *inode)
{
    return container_of(inode, struct ext2_inode_info, vfs);
}

static inline uint32_t ext2_inode_group(const struct ext2_volume *vol, uint64_t ino)
{
    return (uint32_t)(ino - 1) / vol->inodes_per_group;
}

/* Once at boot: registers the file system. */
void ext2_init(void);

/* --- volume.c --- */

/*
 * Logs what is wrong (a sentence without newline; the first few dozen times) and marks the volume
 * damaged, so that it is never called clean again before e2fsck has seen it. Returns -EUCLEAN.
 */
int ext2_damage(struct ext2_volume *vol, const char *fmt, ...) __printf(2, 3);

/*
 * bread() for what cannot be taken back, such as freeing: when memory is short it lets others run,
 * who may give some back, and tries again many times before it gives up. Only mutexes held.
 */
struct page *ext2_bread_patiently(struct ext2_volume *vol, uint32_t block);

/* super_operations. unmount() leaves the volume marked clean, and readable only from then on. */
int ext2_sync(struct super_block *sb);
int ext2_statfs(struct super_block *sb, struct kstatfs *out);
void ext2_unmount(struct super_block *sb);

/*
 * Stores s_state and all counts in the device's cache. `in_use`: mounted for writing. 0 or -errno.
 * Takes the volume's lock.
 */
int ext2_store_super(struct ext2_volume *vol, bool in_use);

/* --- group.c --- */

/* Reads and checks all descriptors; fills in vol->groups and the free counts. When mounting. */
int ext2_load_groups(struct ext2_volume *vol);
/* Stores changed descriptors in the device's cache. Volume's lock held. */
int ext2_store_groups(struct ext2_volume *vol);
/* Whether `block` can be a file's: inside the volume, and neither bitmap, table nor superblock. */
bool ext2_block_usable(const struct ext2_volume *vol, uint32_t block);
/* The group's first block. */
uint32_t ext2_group_start(const struct ext2_volume *vol, uint32_t group);

/* --- bitmap.c --- */

/*
 * The first clear bit in [from, end), or `end`. `bitmap` is a whole block; end <=
 * EXT2_BITS_PER_BLOCK.
 */
uint32_t ext2_find_clear(const uint8_t *bitmap, uint32_t from, uint32_t end);
/*
 * Set (`use`) or clear the bit of the bitmap in `block`: 0, 1 when it was so already, or -errno of
 * reading. Volume's lock held.
 */
int ext2_change_bit(struct ext2_volume *vol, uint32_t block, uint32_t bit, bool use);
/* Finds the bit: 0 or 1, or -errno. No lock. */
int ext2_test_bit(struct ext2_volume *vol, uint32_t block, uint32_t bit);
/*
 * Finds a clear bit from `goal` on, wrapping around at `end`, and sets it: 0; 1 when there is none;
 * or -errno of reading. Volume's lock held.
 */
int ext2_take_bit(struct ext2_volume *vol, uint32_t block, uint32_t goal, uint32_t end,
                  uint32_t *bit);

/* --- balloc.c: volume's lock held --- */

/* A free block at `goal` or as near after it as can be: 0, -ENOSPC, -EUCLEAN or -EIO. */
int ext2_alloc_block(struct ext2_volume *vol, uint32_t goal, uint32_t *block);
/* 0; -EUCLEAN when it was free already or no file can have it; or -errno: e2fsck finds it then. */
int ext2_free_block(struct ext2_volume *vol, uint32_t block);

/* --- ialloc.c --- */

/*
 * A new inode of the type in `mode`, on disk and findable, near `dir`; one reference, i_nlink 1 (2:
 * a directory), no contents. ERR_PTR(-ENOSPC, -ENOMEM, -EUCLEAN, -EIO). To undo: i_nlink = 0,
 * iput().
 */
struct inode *ext2_new_inode(struct inode *dir, unsigned mode, dev_t rdev);
/* Marks the number free. Takes the volume's lock. */
void ext2_free_ino(struct ext2_volume *vol, uint64_t ino, bool is_dir);

/* --- inode.c --- */

int ext2_init_inodes(void); /* the inode cache: 0 or -ENOMEM */
extern const struct super_operations ext2_super_operations;

/* The inode, referenced. ERR_PTR(-EUCLEAN): no such number, not in use, or nonsense. */
struct inode *ext2_iget(struct super_block *sb, uint64_t ino);
/* Stores the attributes in the device's cache: 0 or -errno. Takes the volume's lock. */
int ext2_write_inode(struct inode *inode);
/*
 * A name (or a subdirectory's "..") more or less, by 1 or -1; marks dirty: 0, -EMLINK at the
 * format's limit, -ENOENT when none was left, -EUCLEAN when a directory has fewer than its contents
 * need. Takes the volume's lock.
 */
int ext2_change_nlink(struct inode *inode, int by);
/* The inode's last name is gone. The same. */
void ext2_clear_nlink(struct inode *inode);
/* Gives the inode the operations of its type. */
void ext2_set_operations(struct inode *inode);

/* --- bmap.c --- */

/*
 * Where pointer number `slot[i]` leads on level i: slot[0] counts in the inode's own pointers, the
 * others in indirect blocks; slot[depth - 1] is the data block's.
 */
struct ext2_path {
    unsigned depth;
    uint32_t slot[4];
};

/* The disk's block for the file's block `index`; 0: a hole. 0 or -errno. No lock; may sleep. */
int ext2_bmap(struct inode *inode, uint64_t index, uint32_t *block);
/*
 * The same, and allocates what is missing, all or nothing. A new block's contents on disk are
 * undefined: the caller holds the file's page locked and has its bytes, or is about to put them
 * there. Takes the volume's lock. -EFBIG, -ENOSPC, -EUCLEAN, -EIO, -ENOMEM, -EROFS.
 */
int ext2_map_block(struct inode *inode, uint64_t index, uint32_t *block);

/*
 * Frees the block, if there is one; indirect blocks stay, also when they lead nowhere any more. The
 * caller holds the file's page locked, uptodate and zero. Takes the volume's lock.
 */
int ext2_unmap_block(struct inode *inode, uint64_t index);

static inline uint32_t ext2_load_pointer(const uint32_t *pointer)
{
    return __atomic_load_n(pointer, __ATOMIC_ACQUIRE);
}
static inline void ext2_store_pointer(uint32_t *pointer, uint32_t block)
{
    __atomic_store_n(pointer, block, __ATOMIC_RELEASE);
}

/* --- truncate.c --- */

/* inode_operations. i_lock held. */
int ext2_truncate(struct inode *inode, loff_t size);
/* Frees all blocks from the file's block `first` on; the pages beyond are gone already. */
void ext2_free_blocks_from(struct inode *inode, uint64_t first);
/* Frees what lies beyond i_size, left there by a write that failed halfway. i_lock held. */
void ext2_trim(struct inode *inode);

/* --- fallocate.c --- */
int ext2_fallocate(struct file *f, unsigned mode, loff_t start, loff_t len);

/* --- dir.c: dir->i_lock held --- */

/* An entry found: its page, referenced, and where in it. */
struct ext2_entry {
    struct page *page;
    uint32_t offset;
    uint32_t ino;
};

/*
 * The entry at `offset` in a directory's block if it is sound (its length, its name inside it),
 * else -EUCLEAN. `base` is the block.
 */
int ext2_check_entry(struct inode *dir, const uint8_t *base, uint64_t index, uint32_t offset);
/* Blocks in the directory. */
static inline uint64_t ext2_dir_blocks(const struct inode *dir)
{
    return (uint64_t)dir->i_size >> EXT2_BLOCK_SHIFT;
}

/* 0 and a referenced page in `out`, -ENOENT, or -errno of reading. */
int ext2_find_entry(struct inode *dir, const char *name, size_t len, struct ext2_entry *out);
/* Adds it; the name is not there yet. 0, -ENOSPC and other errors: then nothing has changed. */
int ext2_add_entry(struct inode *dir, const char *name, size_t len, struct inode *inode);
/* Takes it out. Cannot fail: the page was checked when it was found. */
void ext2_remove_entry(struct inode *dir, const struct ext2_entry *entry);
/* Lets it name another inode. */
void ext2_set_entry(struct inode *dir, const struct ext2_entry *entry, struct inode *inode);
/* Gives a new directory its first block. 0 or -errno. */
int ext2_make_empty(struct inode *dir, struct inode *parent);
/* Whether it holds nothing but "." and "..": 0, -ENOTEMPTY, or -errno of reading. */
int ext2_check_empty(struct inode *dir);
/* The entry "..", checked to be the second one. */
int ext2_find_dotdot(struct inode *dir, struct ext2_entry *out);

/* --- readdir.c --- */
int ext2_readdir(struct file *f, struct dir_context *ctx);

/* --- rename.c --- */
int ext2_rename(struct inode *old_dir, const char *old_name, size_t old_len, struct inode *inode,
                struct inode *new_dir, const char *new_name, size_t new_len, struct inode *victim);

/* --- symlink.c --- */
int ext2_symlink(struct inode *dir, const char *name, size_t len, const char *target);
ssize_t ext2_readlink(struct inode *inode, char *buf, size_t size);
/* Whether the text is in a block of its own, not in the inode. */
bool ext2_symlink_has_block(struct inode *inode);

extern const struct inode_operations ext2_dir_inode_operations, ext2_file_inode_operations,
    ext2_symlink_inode_operations;
extern const struct file_operations ext2_file_operations, ext2_dir_operations;
extern const struct address_space_operations ext2_aops;

/*
 * The page of block `index`, locked, uptodate, all zero, with a block on disk: what a directory or
 * a long link grows by. The caller fills it, marks it dirty, unlocks and puts it. ERR_PTR as
 * ext2_map_block().
 */
struct page *ext2_grow(struct inode *inode, uint64_t index);
/* Both times of a change; marks the inode dirty. */
void ext2_touch(struct inode *inode);

#endif
