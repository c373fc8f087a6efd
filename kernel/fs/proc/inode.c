/* SPDX-License-Identifier: MIT */
/*
 * procfs: inodes and the file system itself. An inode is made from its number when a name is looked
 * up, stands in no table, and goes with its last reference: nothing of a process stays behind.
 */
#include "kernel/errno.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/fs/proc/procfs.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "mm/slab.h"

#define PROC_SUPER_MAGIC 0x9fa0

const struct proc_entry *proc_inode_entry(const struct inode *inode)
{
    uint64_t n = inode->i_ino - PROC_FIRST_INO;

    return n < nr_proc_entries ? &proc_entries[n] : NULL;
}

const struct proc_pid_entry *proc_inode_pid_entry(const struct inode *inode)
{
    unsigned kind = proc_ino_kind(inode->i_ino);

    return kind >= 1 && kind <= nr_proc_pid_entries ? &proc_pid_entries[kind - 1] : NULL;
}

struct task_struct *proc_find_task(pid_t pid)
{
    spin_lock(&tasklist_lock);
    struct task_struct *t = find_task(pid);
    if (t)
        get_task(t);
    spin_unlock(&tasklist_lock);
    return t;
}

static void set_ops(struct inode *inode, unsigned mode, const struct inode_operations *iop,
                    const struct file_operations *fop)
{
    inode->i_mode = mode;
    inode->i_nlink = S_ISDIR(mode) ? 2 : 1;
    inode->i_op = iop;
    if (fop)
        inode->i_fop = fop;
}

/* What is below a process's directory. */
static void fill_pid_inode(struct inode *inode)
{
    const struct proc_pid_entry *entry = proc_inode_pid_entry(inode);

    if (proc_ino_kind(inode->i_ino) == PROC_KIND_FD) {
        set_ops(inode, S_IFLNK | proc_fd_permissions(inode->i_ino), &proc_fd_link_iops, NULL);
        inode->i_size = 64; /* what Linux says, longer or not */
    } else if (!entry) {
        set_ops(inode, S_IFDIR | 0555, &proc_pid_dir_iops, &proc_pid_dir_fops);
    } else if (S_ISDIR(entry->mode)) {
        set_ops(inode, entry->mode, &proc_fd_dir_iops, &proc_fd_dir_fops);
    } else if (S_ISLNK(entry->mode)) {
        set_ops(inode, entry->mode, &proc_link_iops, NULL);
    } else {
        set_ops(inode, entry->mode, &proc_file_iops, &proc_file_fops);
    }
}

static void fill_inode(struct inode *inode)
{
    const struct proc_entry *entry = proc_inode_entry(inode);

    if (proc_ino_pid(inode->i_ino))
        fill_pid_inode(inode);
    else if (!entry)
        set_ops(inode, S_IFDIR | 0555, &proc_dir_iops, &proc_dir_fops);
    else if (S_ISDIR(entry->mode))
        set_ops(inode, entry->mode, &proc_dir_iops, &proc_dir_fops);
    else if (S_ISLNK(entry->mode))
        set_ops(inode, entry->mode, &proc_self_iops, NULL);
    else
        set_ops(inode, entry->mode, &proc_file_iops, &proc_file_fops);
}

struct inode *proc_get_inode(struct super_block *sb, uint64_t ino)
{
    struct inode *inode = new_inode(sb);

    if (!inode)
        return ERR_PTR(-ENOMEM);
    inode->i_ino = ino;
    fill_inode(inode);
    return inode;
}

static int proc_statfs(struct super_block *sb, struct kstatfs *out)
{
    (void)sb;
    *out = (struct kstatfs){.type = PROC_SUPER_MAGIC, .bsize = PAGE_SIZE, .namelen = NAME_MAX};
    return 0;
}

static const struct super_operations proc_super_ops = {
    .statfs = proc_statfs,
};

static struct super_block *proc_mount(dev_t dev, char *options)
{
    struct super_block *sb = kzalloc(sizeof(*sb), GFP_KERNEL);
    (void)options;

    if (!sb)
        return ERR_PTR(-ENOMEM);
    sb->fs_name = "proc";
    sb->dev = dev;
    sb->ops = &proc_super_ops;
    struct inode *root = proc_get_inode(sb, PROC_ROOT_INO);
    if (!IS_ERR(root)) {
        sb->root = d_make_root(root);
        iput(root); /* the dentry has a reference of its own */
    }
    if (!sb->root) {
        kfree(sb);
        return ERR_PTR(-ENOMEM);
    }
    return sb;
}

void procfs_init(void)
{
    static struct file_system_type proc_type = {.name = "proc", .nodev = true, .mount = proc_mount};
    struct dentry *where;

    register_filesystem(&proc_type);
    where = path_lookup(root_dentry(), "/proc", LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
    int err = IS_ERR(where) ? (int)PTR_ERR(where) : vfs_mount("proc", 0, NULL, where);
    if (err)
        pr_warn("procfs: cannot be mounted on /proc: error %d\n", -err);
    if (!IS_ERR(where))
        dput(where);
}
