/* SPDX-License-Identifier: MIT */
/*
 * Rename: everything that can fail comes first, then the changes, of which none can.
 *
 * Adding the new name may fail, so it is the first change; after it, the entries found earlier are
 * still where they were, for entries never move.
 */
#include "kernel/fs/ext2/ext2.h"

/* What is found before anything changes. Pages are NULL where not needed. */
struct renaming {
    struct ext2_entry old, new, dotdot;
};

static void put_entry(struct ext2_entry *entry)
{
    if (entry->page)
        put_page(entry->page);
}

/* The entry of a name that must lead to `inode`. */
static int find_name_of(struct inode *dir, const char *name, size_t len, struct inode *inode,
                        struct ext2_entry *entry)
{
    int err = ext2_find_entry(dir, name, len, entry);

    if (err)
        entry->page = NULL;
    else if (entry->ino != inode->i_ino)
        err = -ENOENT;
    return err;
}

/* The last part, which cannot fail (a damaged link count is logged, and the name moves all the
 * same). */
static void finish_rename(struct inode *old_dir, struct inode *inode, struct inode *new_dir,
                          struct inode *victim, const struct renaming *found)
{
    ext2_remove_entry(old_dir, &found->old);
    if (found->dotdot.page) {
        ext2_set_entry(inode, &found->dotdot, new_dir);
        ext2_change_nlink(old_dir, -1);
    }
    if (victim && S_ISDIR(victim->i_mode)) {
        ext2_clear_nlink(victim);
        ext2_change_nlink(new_dir, -1);
    } else if (victim) {
        ext2_change_nlink(victim, -1);
    }
    inode->i_ctime = current_time();
    mark_inode_dirty(inode);
}

int ext2_rename(struct inode *old_dir, const char *old_name, size_t old_len, struct inode *inode,
                struct inode *new_dir, const char *new_name, size_t new_len, struct inode *victim)
{
    bool moves_dir = S_ISDIR(inode->i_mode) && old_dir != new_dir;
    struct renaming found = {.old.page = NULL};
    int err;

    if (inode->i_sb->read_only)
        return -EROFS;
    err = victim && S_ISDIR(victim->i_mode) ? ext2_check_empty(victim) : 0;
    if (!err)
        err = find_name_of(old_dir, old_name, old_len, inode, &found.old);
    if (!err && victim)
        err = find_name_of(new_dir, new_name, new_len, victim, &found.new);
    if (!err && moves_dir) {
        err = ext2_find_dotdot(inode, &found.dotdot);
        if (err)
            found.dotdot.page = NULL;
    }
    if (!err && moves_dir)
        err = ext2_change_nlink(new_dir, 1);
    if (!err && victim) {
        ext2_set_entry(new_dir, &found.new, inode);
    } else if (!err) {
        err = ext2_add_entry(new_dir, new_name, new_len, inode);
        if (err && moves_dir)
            ext2_change_nlink(new_dir, -1);
    }
    if (!err)
        finish_rename(old_dir, inode, new_dir, victim, &found);
    put_entry(&found.old);
    put_entry(&found.new);
    put_entry(&found.dotdot);
    return err;
}
