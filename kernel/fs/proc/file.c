/* SPDX-License-Identifier: MIT */
/*
 * procfs: files of text. Each open file has its own copy of the piece of text that was read last;
 * reader->lock guards it, so that two reads of one open file do not meet. The next piece is made
 * where this one ends; to go back is to start over, for records have no fixed length. Files that
 * have a read function of their own have no copy.
 */
#include "kernel/errno.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/slab.h"
#include "mm/uaccess.h"

#define MAX_WRITE 128

struct proc_reader {
    struct mutex lock; /* RANK_PROC_FILE: the text is made and copied to the user inside */
    struct seq_file piece;
    uint64_t start;           /* of the piece in the file's text */
    uint64_t place;           /* of the record behind it, as show_some() has it */
    struct task_struct *task; /* one reference; NULL: the file is not a process's */
};

static int proc_open(struct inode *inode, struct file *f)
{
    struct proc_reader *r = kzalloc(sizeof(*r), GFP_KERNEL);
    pid_t pid = proc_ino_pid(inode->i_ino);

    if (!r)
        return -ENOMEM;
    mutex_init(&r->lock, "proc file", RANK_PROC_FILE);
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
    seq_free(&r->piece);
    kfree(r);
}

/* False once its parent has waited for it: there is no such process any more. */
static bool is_listed(struct task_struct *t)
{
    spin_lock(&tasklist_lock);
    bool listed = find_task(t->pid) == t;
    spin_unlock(&tasklist_lock);
    return listed;
}

/* Appends the records from r->place on. */
static int make_text(struct proc_reader *r, const struct inode *inode)
{
    if (!r->task) {
        const struct proc_entry *entry = proc_inode_entry(inode);
        if (!entry->show)
            return -EINVAL;
        r->place = PROC_END;
        entry->show(&r->piece);
        return 0;
    }
    const struct proc_pid_entry *entry = proc_inode_pid_entry(inode);
    if (!is_listed(r->task))
        return -ESRCH;
    if (entry->show_some)
        return entry->show_some(&r->piece, r->task, &r->place);
    r->place = PROC_END;
    return entry->show(&r->piece, r->task);
}

static void start_over(struct proc_reader *r)
{
    seq_free(&r->piece);
    r->start = r->place = 0;
}

/* Makes the piece that holds `pos` the present one; behind the end of the text, the last. */
static int find_piece(struct proc_reader *r, const struct inode *inode, uint64_t pos)
{
    int err = 0;

    if (pos == 0 || pos < r->start)
        start_over(r);
    while (!err && pos >= r->start + r->piece.count && r->place != PROC_END) {
        r->start += r->piece.count;
        r->piece.count = 0;
        err = make_text(r, inode);
        if (!err && r->piece.failed)
            err = -ENOMEM;
        if (!err && fatal_signal_pending(current))
            err = -EINTR;
        cond_resched();
    }
    if (err)
        start_over(r);
    return err;
}

static ssize_t read_text(struct proc_reader *r, const struct inode *inode, uaddr_t buf, size_t n,
                         uint64_t pos)
{
    ssize_t result;

    mutex_lock(&r->lock);
    result = find_piece(r, inode, pos);
    if (!result && pos < r->start + r->piece.count) {
        size_t offset = pos - r->start;
        n = min(n, r->piece.count - offset);
        n -= copy_to_user_partly(buf, r->piece.buf + offset, n);
        result = n ? (ssize_t)n : -EFAULT;
    }
    mutex_unlock(&r->lock);
    return result;
}

static ssize_t proc_read(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    struct proc_reader *r = f->private;
    const struct proc_entry *entry = r->task ? NULL : proc_inode_entry(f->f_inode);
    const struct proc_pid_entry *pid_entry = r->task ? proc_inode_pid_entry(f->f_inode) : NULL;

    if (*pos < 0)
        return -EINVAL;
    if (entry && entry->read)
        return entry->read(buf, n, pos);
    if (pid_entry && pid_entry->read)
        return pid_entry->read(r->task, buf, n, pos);
    ssize_t result = read_text(r, f->f_inode, buf, n, (uint64_t)*pos);
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
