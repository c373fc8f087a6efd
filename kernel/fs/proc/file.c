/* SPDX-License-Identifier: MIT */
/*
 * procfs: files of text. Each open file has its own copy of the text, made when a read asks for its
 * beginning. reader->lock guards that copy, so that two reads of one open file do not meet. Files
 * that have a read function of their own have no copy.
 */
#include "kernel/errno.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/slab.h"
#include "mm/uaccess.h"

#define MAX_WRITE 128

struct proc_reader {
    struct mutex lock; /* RANK_PIPE: mmap_lock is taken inside, by the copy to the user */
    struct seq_file text;
    bool made;
    struct task_struct *task; /* one reference; NULL: the file is not a process's */
};

static int proc_open(struct inode *inode, struct file *f)
{
    struct proc_reader *r = kzalloc(sizeof(*r), GFP_KERNEL);
    pid_t pid = proc_ino_pid(inode->i_ino);

    if (!r)
        return -ENOMEM;
    mutex_init(&r->lock, "proc file", RANK_PIPE);
    if (pid) {
        r->task = proc_find_task(pid);
        if (!r->task) {
            kfree(r);
            return -ESRCH;
        }
    }
    f->private = r;
    return 0;
}

static void proc_release(struct file *f)
{
    struct proc_reader *r = f->private;

    if (r->task)
        put_task(r->task);
    seq_free(&r->text);
    kfree(r);
}

/* Makes the text anew. No lock is held, so that its maker may take any. */
static int make_text(struct proc_reader *r, const struct inode *inode)
{
    struct seq_file text = {0}, old;
    int err = 0;

    if (r->task) {
        err = proc_inode_pid_entry(inode)->show(&text, r->task);
    } else {
        const struct proc_entry *entry = proc_inode_entry(inode);
        if (!entry->show)
            return -EINVAL;
        entry->show(&text);
    }
    if (text.failed)
        err = -ENOMEM;
    if (err) {
        seq_free(&text);
        return err;
    }
    mutex_lock(&r->lock);
    old = r->text;
    r->text = text;
    r->made = true;
    mutex_unlock(&r->lock);
    seq_free(&old);
    return 0;
}

static ssize_t proc_read(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    struct proc_reader *r = f->private;
    const struct proc_pid_entry *entry = r->task ? proc_inode_pid_entry(f->f_inode) : NULL;
    ssize_t result = 0;

    if (*pos < 0)
        return -EINVAL;
    if (entry && entry->read)
        return entry->read(r->task, buf, n, pos);
    if (*pos == 0 || !READ_ONCE(r->made))
        result = make_text(r, f->f_inode);
    if (result)
        return result;
    mutex_lock(&r->lock);
    if ((size_t)*pos < r->text.count) {
        n = min(n, r->text.count - (size_t)*pos);
        result = copy_to_user(buf, r->text.buf + *pos, n) ? -EFAULT : (ssize_t)n;
    }
    mutex_unlock(&r->lock);
    if (result > 0)
        *pos += result;
    return result;
}

static ssize_t proc_write(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    struct proc_reader *r = f->private;
    const struct proc_entry *entry = r->task ? NULL : proc_inode_entry(f->f_inode);
    char text[MAX_WRITE];
    (void)pos;

    if (!entry || !entry->write || n >= sizeof(text))
        return -EINVAL;
    if (copy_from_user(text, buf, n) != 0)
        return -EFAULT;
    if (n && text[n - 1] == '\n')
        text[n - 1] = '\0';
    text[n] = '\0';
    int err = entry->write(text);
    return err ? err : (ssize_t)n;
}

/* The size is not known before the text is made: there is no seeking from the end. */
static loff_t proc_llseek(struct file *f, loff_t offset, int whence)
{
    if (whence == SEEK_CUR)
        offset += f->f_pos;
    else if (whence != SEEK_SET)
        return -EINVAL;
    if (offset < 0)
        return -EINVAL;
    f->f_pos = offset;
    return offset;
}

const struct file_operations proc_file_fops = {
    .open = proc_open,
    .release = proc_release,
    .read = proc_read,
    .write = proc_write,
    .llseek = proc_llseek,
};

/* `>` in a shell truncates first: a file here has no length to change. */
static int proc_truncate(struct inode *inode, loff_t size)
{
    (void)inode, (void)size;
    return 0;
}

const struct inode_operations proc_file_iops = {
    .truncate = proc_truncate,
};
