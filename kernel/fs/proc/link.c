/* SPDX-License-Identifier: MIT */
/*
 * procfs: links. /proc/self is ordinary text. A process's exe, cwd, root and fd/N lead to the very
 * file, whatever has become of its name (inode_operations.follow); their text is for people.
 */
#include "kernel/errno.h"
#include "kernel/fs/internal.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/mm.h"
#include "mm/slab.h"

static ssize_t self_readlink(struct inode *inode, char *buf, size_t size)
{
    char text[12];
    int len = snprintf(text, sizeof(text), "%d", current->tgid);
    (void)inode;

    size = min(size, (size_t)len);
    memcpy(buf, text, size);
    return (ssize_t)size;
}

const struct inode_operations proc_self_iops = {.readlink = self_readlink};

/* The name of what a magic link leads to; drops the reference. */
static ssize_t copy_path(struct dentry *d, char *buf, size_t size)
{
    char *text = kmalloc(PATH_MAX, GFP_KERNEL);

    if (text) {
        const char *path = d_path(d, text, PATH_MAX);
        size = min(size, strlen(path));
        memcpy(buf, path, size);
    }
    dput(d);
    kfree(text);
    return text ? (ssize_t)size : -ENOMEM;
}

static ssize_t read_magic_link(struct inode *inode, char *buf, size_t size)
{
    struct dentry *d = inode->i_op->follow(inode);

    return IS_ERR(d) ? PTR_ERR(d) : copy_path(d, buf, size);
}

/* --- exe, cwd, root --- */

static struct dentry *follow_link(struct inode *inode)
{
    struct task_struct *t = proc_find_task(proc_ino_pid(inode->i_ino));

    if (!t)
        return ERR_PTR(-ENOENT);
    struct dentry *d = proc_inode_pid_entry(inode)->target(t);
    put_task(t);
    return d;
}

const struct inode_operations proc_link_iops = {
    .readlink = read_magic_link,
    .follow = follow_link,
};

/* exe_file is set before an mm has users and stays. */
struct dentry *proc_exe_target(struct task_struct *t)
{
    struct mm_struct *mm = get_task_mm(t);
    struct dentry *d = mm && mm->exe_file ? dget(mm->exe_file->f_dentry) : ERR_PTR(-ENOENT);

    mmput(mm);
    return d;
}

/*
 * The task's fs_struct with a reference more, or NULL. An exiting task clears t->fs under
 * tasklist_lock before it puts it.
 */
static struct fs_struct *get_task_fs(struct task_struct *t)
{
    spin_lock(&tasklist_lock);
    struct fs_struct *fs = t->fs;
    if (fs)
        atomic_fetch_add(&fs->count, 1);
    spin_unlock(&tasklist_lock);
    return fs;
}

struct dentry *proc_cwd_target(struct task_struct *t)
{
    struct fs_struct *fs = get_task_fs(t);
    struct dentry *d = fs ? fs_cwd(fs) : ERR_PTR(-ENOENT);

    fs_put(fs);
    return d;
}

struct dentry *proc_root_target(struct task_struct *t)
{
    struct fs_struct *fs = get_task_fs(t);
    struct dentry *d = fs ? fs_root(fs) : ERR_PTR(-ENOENT);

    fs_put(fs);
    return d;
}

/* --- fd/N --- */

/* The open file that the link stands for, with a reference more, or NULL. */
static struct file *file_of_link(uint64_t ino)
{
    struct task_struct *t = proc_find_task(proc_ino_pid(ino));
    int wanted = proc_ino_fd(ino), fd = wanted;

    if (!t)
        return NULL;
    struct file *f = files_next(t, &fd);
    put_task(t);
    if (f && fd == wanted)
        return f;
    fput(f);
    return NULL;
}

static struct dentry *follow_fd(struct inode *inode)
{
    struct file *f = file_of_link(inode->i_ino);
    struct dentry *d = f && f->f_dentry ? dget(f->f_dentry) : ERR_PTR(-ENOENT);

    fput(f);
    return d;
}

unsigned proc_fd_permissions(uint64_t ino)
{
    struct file *f = file_of_link(ino);
    unsigned mode = f ? (file_readable(f) ? 0500 : 0) | (file_writable(f) ? 0300 : 0) : 0;

    fput(f);
    return mode;
}

const struct inode_operations proc_fd_link_iops = {
    .readlink = read_magic_link,
    .follow = follow_fd,
};
