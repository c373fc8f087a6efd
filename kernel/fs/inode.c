/* SPDX-License-Identifier: MIT */
/*
 * Inodes: the table of those in memory, their references, and writing them back.
 *
 * inode_hash_lock guards the hash, the list of unused inodes (the LRU), the list of dirty ones,
 * i_state, i_dirty, and every step of i_count from and to 0.
 *
 *   in the hash, i_count > 0    in use
 *   in the hash, i_count == 0   on the LRU, or I_FREEING
 *   I_NEW                       found, but still being read: iget() waits
 *   I_FREEING                   its last link and reference are gone and it is being deleted:
 * iget() waits until it has left the hash
 *
 * Attributes are written back with the last reference, so what is unused is clean, unless
 * write-back of its pages changes it later. Reclaim frees unused inodes that are clean and have no
 * pages left (the page cache gives those up by itself), which takes no sleeping lock, and so is
 * allowed wherever memory is allocated.
 */
#include "kernel/fs/flusher.h"
#include "kernel/fs/internal.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/shrinker.h"
#include "mm/slab.h"

#define INODE_BUCKETS 2048

enum inode_state {
    I_NEW = 1,
    I_FREEING = 2
};

static struct spinlock inode_hash_lock = SPINLOCK_INIT("inode_hash_lock", RANK_FILES);
static struct list_head inode_hash[INODE_BUCKETS];
static struct list_head inode_lru = LIST_HEAD_INIT(inode_lru);
static struct list_head dirty_inodes = LIST_HEAD_INIT(dirty_inodes);
static size_t nr_unused, nr_dirty;

/* An inode has left I_NEW, or left the hash. */
static struct wait_queue inode_wait = WAIT_QUEUE_INIT(inode_wait);
static struct kmem_cache *inode_cache;

const struct inode_operations empty_iops;
const struct file_operations empty_fops;

bool put_unless_last(atomic_int *count)
{
    int old = atomic_load(count);

    while (old > 1) {
        if (atomic_compare_exchange_weak(count, &old, old - 1))
            return true;
    }
    return false;
}

struct timespec current_time(void)
{
    int64_t now = wall_clock();

    return (struct timespec){now / NSEC_PER_SEC, now % NSEC_PER_SEC};
}

static struct list_head *inode_bucket(const struct super_block *sb, uint64_t ino)
{
    uint64_t h = (ino ^ (uintptr_t)sb >> 6) * 0x9e3779b97f4a7c15ull;

    return &inode_hash[h >> 32 & (INODE_BUCKETS - 1)];
}

/*
 * One that is being deleted is found only if no other has its number: the number may be given out
 * again before the old inode has left the table.
 */
static struct inode *find_inode(const struct super_block *sb, uint64_t ino)
{
    struct inode *inode, *freeing = NULL;

    list_for_each_entry (inode, inode_bucket(sb, ino), i_hash) {
        if (inode->i_ino != ino || inode->i_sb != sb)
            continue;
        if (!(inode->i_state & I_FREEING))
            return inode;
        freeing = inode;
    }
    return freeing;
}

static bool inode_settled(const struct super_block *sb, uint64_t ino)
{
    struct inode *inode;
    bool settled;

    spin_lock(&inode_hash_lock);
    inode = find_inode(sb, ino);
    settled = !inode || !inode->i_state;
    spin_unlock(&inode_hash_lock);
    return settled;
}

static void free_inode_memory(struct inode *inode)
{
    if (inode->i_sb->ops->free_inode)
        inode->i_sb->ops->free_inode(inode);
    else
        kmem_cache_free(inode_cache, inode);
}

struct inode *new_inode(struct super_block *sb)
{
    struct inode *inode =
        sb->ops->alloc_inode ? sb->ops->alloc_inode(sb) : kmem_cache_alloc(inode_cache, GFP_KERNEL);

    if (!inode)
        return NULL;
    memset(inode, 0, sizeof(*inode));
    inode->i_sb = sb;
    inode->i_nlink = 1;
    inode->i_count = 1;
    inode->i_atime = inode->i_mtime = inode->i_ctime = current_time();
    inode->i_op = &empty_iops;
    inode->i_fop = &empty_fops;
    mutex_init(&inode->i_lock, "i_lock", RANK_INODE);
    mapping_init(&inode->i_data, inode, NULL);
    list_init(&inode->i_hash);
    list_init(&inode->i_lru);
    list_init(&inode->i_dirty_node);
    return inode;
}

void insert_inode(struct inode *inode)
{
    spin_lock(&inode_hash_lock);
    list_add(&inode->i_hash, inode_bucket(inode->i_sb, inode->i_ino));
    spin_unlock(&inode_hash_lock);
}

/* inode_hash_lock held; it may be an unused one. */
static void inode_ref(struct inode *inode)
{
    if (atomic_fetch_add(&inode->i_count, 1) == 0) {
        list_del(&inode->i_lru);
        nr_unused--;
    }
}

void ihold(struct inode *inode)
{
    int old = atomic_fetch_add(&inode->i_count, 1);

    BUG_ON(old <= 0);
}

/* inode_hash_lock held. */
static void clear_dirty(struct inode *inode)
{
    if (inode->i_dirty) {
        inode->i_dirty = false;
        list_del(&inode->i_dirty_node);
        nr_dirty--;
    }
}

/* Nobody refers to it any more, and nobody can find it and use it. */
static void evict_inode(struct inode *inode)
{
    const struct super_operations *ops = inode->i_sb->ops;

    truncate_pages(&inode->i_data, 0);
    if (inode->i_state & I_FREEING && inode->i_nlink == 0 && ops->delete_inode)
        ops->delete_inode(inode);
    spin_lock(&inode_hash_lock);
    clear_dirty(inode);
    list_del(&inode->i_hash);
    spin_unlock(&inode_hash_lock);
    wake_up_all(&inode_wait);
    free_inode_memory(inode);
}

/* Reads an inode that iget() has just put into the table as I_NEW. */
static struct inode *fill_inode(struct inode *inode, int (*fill)(struct inode *inode))
{
    int err = fill(inode);

    spin_lock(&inode_hash_lock);
    inode->i_state &= ~I_NEW;
    if (err)
        list_del(&inode->i_hash);
    spin_unlock(&inode_hash_lock);
    wake_up_all(&inode_wait);
    if (!err)
        return inode;
    evict_inode(inode);
    return ERR_PTR(err);
}

struct inode *iget(struct super_block *sb, uint64_t ino, int (*fill)(struct inode *inode))
{
    struct inode *inode, *fresh = NULL;

    for (;;) {
        spin_lock(&inode_hash_lock);
        inode = find_inode(sb, ino);
        if (!inode && fresh) {
            fresh->i_state = I_NEW;
            list_add(&fresh->i_hash, inode_bucket(sb, ino));
            spin_unlock(&inode_hash_lock);
            return fill_inode(fresh, fill);
        }
        if (inode && !inode->i_state) {
            inode_ref(inode);
            spin_unlock(&inode_hash_lock);
            break;
        }
        spin_unlock(&inode_hash_lock);
        if (inode) {
            wait_event(&inode_wait, inode_settled(sb, ino));
        } else {
            fresh = new_inode(sb);
            if (!fresh)
                return ERR_PTR(-ENOMEM);
            fresh->i_ino = ino;
        }
    }
    if (fresh)
        free_inode_memory(fresh);
    return inode;
}

void iput(struct inode *inode)
{
    bool keep;

    if (!inode || put_unless_last(&inode->i_count))
        return;
    /* Still ours. A failed write leaves it dirty, for the next sync to try again. */
    if (inode->i_nlink && !list_empty(&inode->i_hash))
        sync_inode(inode);

    spin_lock(&inode_hash_lock);
    if (atomic_fetch_sub(&inode->i_count, 1) > 1) {
        spin_unlock(&inode_hash_lock);
        return;
    }
    keep = inode->i_nlink && !list_empty(&inode->i_hash);
    if (keep) {
        list_add_tail(&inode->i_lru, &inode_lru);
        nr_unused++;
    } else {
        inode->i_state |= I_FREEING;
    }
    spin_unlock(&inode_hash_lock);
    if (!keep)
        evict_inode(inode);
}

void mark_inode_dirty(struct inode *inode)
{
    if (!inode->i_sb->ops->write_inode)
        return;
    spin_lock(&inode_hash_lock);
    if (!inode->i_dirty && !(inode->i_state & I_FREEING)) {
        inode->i_dirty = true;
        list_add_tail(&inode->i_dirty_node, &dirty_inodes);
        nr_dirty++;
    }
    spin_unlock(&inode_hash_lock);
    flusher_wake();
}

int sync_inode(struct inode *inode)
{
    bool dirty;
    int err;

    spin_lock(&inode_hash_lock);
    dirty = inode->i_dirty;
    clear_dirty(inode);
    spin_unlock(&inode_hash_lock);
    if (!dirty)
        return 0;
    err = inode->i_sb->ops->write_inode(inode);
    if (err)
        mark_inode_dirty(inode);
    return err;
}

/* The first dirty inode of sb (NULL: of any), referenced, or NULL. */
static struct inode *next_dirty_inode(struct super_block *sb)
{
    struct inode *inode;

    spin_lock(&inode_hash_lock);
    list_for_each_entry (inode, &dirty_inodes, i_dirty_node) {
        if ((sb && inode->i_sb != sb) || inode->i_state)
            continue;
        inode_ref(inode);
        spin_unlock(&inode_hash_lock);
        return inode;
    }
    spin_unlock(&inode_hash_lock);
    return NULL;
}

int sync_inodes(struct super_block *sb)
{
    int ret = 0;

    /* One that fails goes to the end of the list, so as many rounds as there were see each once. */
    for (size_t rounds = READ_ONCE(nr_dirty); rounds > 0; rounds--) {
        struct inode *inode = next_dirty_inode(sb);
        int err;

        if (!inode)
            break;
        err = sync_inode(inode);
        iput(inode);
        if (!ret)
            ret = err;
    }
    return ret;
}

/* inode_hash_lock held. With no reference left, nobody can add a page or make it dirty. */
static bool inode_is_idle(struct inode *inode)
{
    return !inode->i_dirty && !READ_ONCE(inode->i_data.nr_pages) &&
           invalidate_pages(&inode->i_data);
}

static size_t shrink_inodes(size_t pages)
{
    struct list_head victims = LIST_HEAD_INIT(victims);
    size_t want = pages * (PAGE_SIZE / sizeof(struct inode));
    size_t freed = 0;

    spin_lock(&inode_hash_lock);
    for (size_t scan = nr_unused; scan > 0 && freed < want; scan--) {
        struct inode *inode = list_first_entry(&inode_lru, struct inode, i_lru);

        if (!inode_is_idle(inode)) {
            list_move_tail(&inode->i_lru, &inode_lru);
            continue;
        }
        list_del(&inode->i_hash);
        list_move_tail(&inode->i_lru, &victims);
        nr_unused--;
        freed++;
    }
    spin_unlock(&inode_hash_lock);

    while (!list_empty(&victims)) {
        struct inode *inode = list_first_entry(&victims, struct inode, i_lru);

        list_del(&inode->i_lru);
        free_inode_memory(inode);
    }
    return freed * sizeof(struct inode) / PAGE_SIZE;
}

int get_write_access(struct inode *inode)
{
    int old = atomic_load(&inode->i_writecount);

    do {
        if (old < 0)
            return -ETXTBSY;
    } while (!atomic_compare_exchange_weak(&inode->i_writecount, &old, old + 1));
    return 0;
}

void put_write_access(struct inode *inode)
{
    atomic_fetch_sub(&inode->i_writecount, 1);
}

int deny_write_access(struct inode *inode)
{
    int old = atomic_load(&inode->i_writecount);

    do {
        if (old > 0)
            return -ETXTBSY;
    } while (!atomic_compare_exchange_weak(&inode->i_writecount, &old, old - 1));
    return 0;
}

void allow_write_access(struct inode *inode)
{
    atomic_fetch_add(&inode->i_writecount, 1);
}

void inode_init(void)
{
    static struct shrinker shrinker = {.name = "inodes", .shrink = shrink_inodes};

    for (size_t i = 0; i < INODE_BUCKETS; i++)
        list_init(&inode_hash[i]);
    inode_cache = kmem_cache_create("inode", sizeof(struct inode), 0);
    if (!inode_cache)
        panic("no memory for the inode cache");
    register_shrinker(&shrinker);
}

void vfs_init(void)
{
    inode_init();
    dentry_init();
    file_init();
    fdtable_init();
    pipe_init();
}
