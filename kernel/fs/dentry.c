/* SPDX-License-Identifier: MIT */
/*
 * Dentries: the names in use, and the paths they spell.
 *
 * A dentry exists while somebody refers to it; it refers to its parent, so the way up to the root
 * is always there. The hash holds at most one for each (parent, name): d_obtain() runs under the
 * directory's i_lock. One whose name is gone (d_unlinked) is in the hash no more.
 *
 * dentry_lock guards the hash, d_name, d_parent, d_mounted, d_covered, d_unlinked, and the step of
 * d_count to 0. d_parent and d_name change only in d_move(), under rename_lock as well.
 */
#include "kernel/fs/internal.h"
#include "kernel/panic.h"
#include "kernel/string.h"
#include "mm/slab.h"

#define DENTRY_BUCKETS 1024

static struct spinlock dentry_lock = SPINLOCK_INIT("dentry_lock", RANK_FILES);
static struct list_head dentry_hash[DENTRY_BUCKETS];
static struct kmem_cache *dentry_cache;

void dentry_init(void)
{
    for (size_t i = 0; i < DENTRY_BUCKETS; i++)
        list_init(&dentry_hash[i]);
    dentry_cache = kmem_cache_create("dentry", sizeof(struct dentry), 0);
    if (!dentry_cache)
        panic("no memory for the dentry cache");
}

static struct list_head *dentry_bucket(const struct dentry *parent, const char *name, size_t len)
{
    uint64_t h = (uintptr_t)parent >> 3;

    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)name[i]) * 0x100000001b3ull;
    h ^= h >> 32;
    return &dentry_hash[(h ^ h >> 15) & (DENTRY_BUCKETS - 1)];
}

struct dentry *dget(struct dentry *d)
{
    int old = atomic_fetch_add(&d->d_count, 1);

    BUG_ON(old <= 0);
    return d;
}

void dput(struct dentry *d)
{
    while (d && !put_unless_last(&d->d_count)) {
        struct dentry *parent;

        spin_lock(&dentry_lock);
        if (atomic_fetch_sub(&d->d_count, 1) > 1) {
            spin_unlock(&dentry_lock);
            return;
        }
        list_del(&d->d_hash);
        parent = d->d_parent == d ? NULL : d->d_parent;
        spin_unlock(&dentry_lock);

        iput(d->d_inode);
        kfree(d->d_name);
        kmem_cache_free(dentry_cache, d);
        d = parent;
    }
}

/* dentry_lock held. */
static struct dentry *find_dentry(const struct dentry *parent, const char *name, size_t len)
{
    struct dentry *d;

    list_for_each_entry (d, dentry_bucket(parent, name, len), d_hash) {
        if (d->d_parent == parent && d->d_len == len && memcmp(d->d_name, name, len) == 0)
            return d;
    }
    return NULL;
}

struct dentry *d_lookup(struct dentry *parent, const char *name, size_t len)
{
    struct dentry *d;

    spin_lock(&dentry_lock);
    d = find_dentry(parent, name, len);
    if (d)
        dget(d);
    spin_unlock(&dentry_lock);
    return d;
}

/* Its own parent, in no table. */
static struct dentry *d_alloc(struct inode *inode, const char *name, size_t len)
{
    struct dentry *d = kmem_cache_alloc(dentry_cache, GFP_KERNEL | GFP_ZERO);

    if (!d)
        return NULL;
    d->d_name = kmalloc(len + 1, GFP_KERNEL);
    if (!d->d_name) {
        kmem_cache_free(dentry_cache, d);
        return NULL;
    }
    memcpy(d->d_name, name, len);
    d->d_name[len] = '\0';
    d->d_len = len;
    d->d_parent = d;
    d->d_count = 1;
    ihold(inode);
    d->d_inode = inode;
    list_init(&d->d_hash);
    return d;
}

struct dentry *d_obtain(struct dentry *parent, const char *name, size_t len, struct inode *inode)
{
    struct dentry *d = d_lookup(parent, name, len);

    if (d)
        return d;
    d = d_alloc(inode, name, len);
    if (!d)
        return NULL;
    spin_lock(&dentry_lock);
    d->d_parent = dget(parent);
    list_add(&d->d_hash, dentry_bucket(parent, name, len));
    spin_unlock(&dentry_lock);
    return d;
}

struct dentry *d_make_root(struct inode *inode)
{
    return d_alloc(inode, "/", 1);
}

struct dentry *d_make_nameless(struct inode *inode, const char *name)
{
    return d_alloc(inode, name, strlen(name));
}

void d_drop(struct dentry *d)
{
    spin_lock(&dentry_lock);
    list_del(&d->d_hash);
    d->d_unlinked = true;
    spin_unlock(&dentry_lock);
}

void d_move(struct dentry *d, struct dentry *parent, char *name, size_t len)
{
    struct dentry *old_parent;
    char *old_name;

    spin_lock(&dentry_lock);
    list_del(&d->d_hash);
    old_parent = d->d_parent;
    old_name = d->d_name;
    d->d_parent = dget(parent);
    d->d_name = name;
    d->d_len = len;
    list_add(&d->d_hash, dentry_bucket(parent, name, len));
    spin_unlock(&dentry_lock);
    kfree(old_name);
    dput(old_parent);
}

bool d_is_ancestor(struct dentry *a, struct dentry *d)
{
    while (d != a && d->d_parent != d)
        d = d->d_parent;
    return d == a;
}

struct dentry *d_dotdot(struct dentry *d, struct dentry *root)
{
    spin_lock(&dentry_lock);
    while (d != root && d->d_parent == d && d->d_covered)
        d = d->d_covered;
    if (d != root)
        d = d->d_parent;
    dget(d);
    spin_unlock(&dentry_lock);
    return d_cross_mounts(d);
}

struct dentry *d_cross_mounts(struct dentry *d)
{
    struct dentry *top = d;

    spin_lock(&dentry_lock);
    while (top->d_mounted)
        top = top->d_mounted;
    if (top != d)
        dget(top);
    spin_unlock(&dentry_lock);
    if (top != d)
        dput(d);
    return top;
}

bool d_is_mountpoint(struct dentry *d)
{
    return READ_ONCE(d->d_mounted) != NULL;
}

void d_mount(struct dentry *where, struct dentry *root)
{
    spin_lock(&dentry_lock);
    where->d_mounted = root;
    root->d_covered = where;
    spin_unlock(&dentry_lock);
}

struct dentry *d_unmount(struct dentry *root)
{
    struct dentry *where = NULL;

    spin_lock(&dentry_lock);
    if (atomic_load(&root->d_count) == 2 && root->d_covered) {
        where = root->d_covered;
        where->d_mounted = NULL;
        root->d_covered = NULL;
    }
    spin_unlock(&dentry_lock);
    return where;
}

/* Puts n bytes in front of *p, if there is room above `start`. */
static bool prepend(const char *start, char **p, const char *s, size_t n)
{
    if ((size_t)(*p - start) < n)
        return false;
    *p -= n;
    memcpy(*p, s, n);
    return true;
}

/* dentry_lock held. From the end of the buffer towards its start; false when it is full. */
static bool prepend_path(struct dentry *d, struct dentry *root, const char *start, char **p)
{
    char *end = *p;

    while (d != root) {
        if (d->d_parent != d) {
            if (!prepend(start, p, d->d_name, d->d_len) || !prepend(start, p, "/", 1))
                return false;
            d = d->d_parent;
        } else if (d->d_covered) {
            d = d->d_covered;
        } else if (d->d_len > 1) { /* a root is called "/", a nameless file never */
            return prepend(start, p, d->d_name, d->d_len);
        } else {
            break;
        }
    }
    return *p != end || prepend(start, p, "/", 1);
}

static const char deleted[] = " (deleted)";

char *d_path_from(struct dentry *d, struct dentry *root, char *buf, size_t size)
{
    char *p = buf + size;
    bool whole;

    *--p = '\0';
    spin_lock(&dentry_lock);
    whole = prepend_path(d, root, buf, &p);
    spin_unlock(&dentry_lock);
    return whole ? p : NULL;
}

char *d_path(struct dentry *d, char *buf, size_t size)
{
    char *p = buf + size;
    bool whole;

    *--p = '\0';
    spin_lock(&dentry_lock);
    if (d->d_unlinked)
        prepend(buf, &p, deleted, sizeof(deleted) - 1);
    whole = prepend_path(d, root_dentry(), buf, &p);
    spin_unlock(&dentry_lock);
    if (!whole) {
        /* In front of what fitted, or over its first bytes. */
        p = p - buf >= 3 ? p - 3 : buf;
        memcpy(p, "...", 3);
    }
    return p;
}
