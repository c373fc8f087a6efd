/* SPDX-License-Identifier: MIT */
/*
 * Entries of a tmpfs directory: on a tree by name, for lookups, and on a list by age, for listing.
 *
 * Each entry has a cookie, larger than those of all older ones, so a listing goes on where it was
 * whatever comes and goes meanwhile: with the first entry whose cookie is not smaller.
 */
#include "kernel/fs/tmpfs/tmpfs.h"
#include "kernel/sched.h"

/* "." and ".." come first and are no entries. */
enum {
    COOKIE_SELF,
    COOKIE_PARENT,
    FIRST_COOKIE
};

static int compare_name(const char *name, size_t len, const struct tmpfs_entry *entry)
{
    if (len != entry->len)
        return len < entry->len ? -1 : 1;
    return memcmp(name, entry->name, len);
}

struct tmpfs_entry *tmpfs_find_entry(struct inode *dir, const char *name, size_t len)
{
    struct rb_node *node = tmpfs_inode(dir)->names.node;

    while (node) {
        struct tmpfs_entry *entry = rb_entry(node, struct tmpfs_entry, rb);
        int order = compare_name(name, len, entry);

        if (order == 0)
            return entry;
        node = order < 0 ? node->left : node->right;
    }
    return NULL;
}

static void insert_by_name(struct rb_root *names, struct tmpfs_entry *new)
{
    struct rb_node **link = &names->node, *parent = NULL;

    while (*link) {
        parent = *link;
        if (compare_name(new->name, new->len, rb_entry(parent, struct tmpfs_entry, rb)) < 0)
            link = &parent->left;
        else
            link = &parent->right;
    }
    rb_link(&new->rb, parent, link);
    rb_insert(names, &new->rb, NULL);
}

int tmpfs_add_entry(struct inode *dir, const char *name, size_t len, struct inode *inode)
{
    struct tmpfs_entry *entry = kmalloc(sizeof(*entry) + len, GFP_USER);
    struct tmpfs_inode *info = tmpfs_inode(dir);

    if (!entry)
        return -ENOMEM;
    ihold(inode);
    entry->inode = inode;
    entry->cookie = FIRST_COOKIE + info->next_cookie++;
    entry->len = len;
    memcpy(entry->name, name, len);
    insert_by_name(&info->names, entry);
    list_add_tail(&entry->node, &info->entries);
    dir->i_size += TMPFS_DIRENT_SIZE;
    tmpfs_touch(dir);
    return 0;
}

void tmpfs_remove_entry(struct inode *dir, struct tmpfs_entry *entry)
{
    rb_erase(&tmpfs_inode(dir)->names, &entry->rb, NULL);
    list_del(&entry->node);
    dir->i_size -= TMPFS_DIRENT_SIZE;
    tmpfs_touch(dir);
    iput(entry->inode);
    kfree(entry);
}

/* A directory's entries join the list of those to be freed, so that no depth needs a deep stack. */
void tmpfs_empty(struct inode *root)
{
    struct list_head entries = LIST_HEAD_INIT(entries);

    list_splice_tail(&tmpfs_inode(root)->entries, &entries);
    while (!list_empty(&entries)) {
        struct tmpfs_entry *entry = list_first_entry(&entries, struct tmpfs_entry, node);

        list_del(&entry->node);
        list_splice_tail(&tmpfs_inode(entry->inode)->entries, &entries);
        iput(entry->inode);
        kfree(entry);
        cond_resched();
    }
}

/* False: the reader wants no more. */
static bool emit(struct dir_context *ctx, loff_t cookie, const char *name, size_t len,
                 struct inode *inode)
{
    ctx->pos = cookie;
    if (!ctx->emit(ctx, name, len, inode->i_ino, DT_TYPE(inode->i_mode)))
        return false;
    ctx->pos = cookie + 1;
    return true;
}

static int tmpfs_readdir(struct file *f, struct dir_context *ctx)
{
    struct inode *dir = f->f_inode;
    struct tmpfs_entry *entry;

    if (ctx->pos < 0)
        return -EINVAL;
    if (ctx->pos == COOKIE_SELF && !emit(ctx, COOKIE_SELF, ".", 1, dir))
        return 0;
    if (ctx->pos == COOKIE_PARENT &&
        !emit(ctx, COOKIE_PARENT, "..", 2, f->f_dentry->d_parent->d_inode))
        return 0;
    list_for_each_entry (entry, &tmpfs_inode(dir)->entries, node) {
        if (entry->cookie >= ctx->pos &&
            !emit(ctx, entry->cookie, entry->name, entry->len, entry->inode))
            return 0;
    }
    return 0;
}

const struct file_operations tmpfs_dir_operations = {.readdir = tmpfs_readdir, .fsync = noop_fsync};
