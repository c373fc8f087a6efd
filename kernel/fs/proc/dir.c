/* SPDX-License-Identifier: MIT */
/*
 * procfs: directories. Three kinds: those of the table (of which /proc itself also shows
 * processes), a process's, and its fd. A position in one is the place of the next entry: 0 and 1
 * are "." and "..", the table's entries follow, and in /proc a process is at PID_POS + pid, so that
 * listing goes on rightly though processes come and go meanwhile.
 */
#include "kernel/errno.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/sched.h"
#include "kernel/string.h"

enum {
    DT_DIR = 4,
    DT_REG = 8,
    DT_LNK = 10
};

#define FIRST_POS 2       /* of the entries behind "." and ".." */
#define PID_POS   0x10000 /* of pid 0, behind all of the table */
#define PID_BATCH 32

static unsigned entry_type(unsigned mode)
{
    return S_ISDIR(mode) ? DT_DIR : S_ISLNK(mode) ? DT_LNK : DT_REG;
}

/* Hands out one entry at position `pos`. False: the reader wants no more. */
static bool emit(struct dir_context *ctx, loff_t pos, const char *name, uint64_t ino, unsigned type)
{
    ctx->pos = pos;
    if (!ctx->emit(ctx, name, strlen(name), ino, type))
        return false;
    ctx->pos = pos + 1;
    return true;
}

static bool emit_dots(struct file *f, struct dir_context *ctx)
{
    uint64_t parent = f->f_dentry->d_parent->d_inode->i_ino;

    if (ctx->pos <= 0 && !emit(ctx, 0, ".", f->f_inode->i_ino, DT_DIR))
        return false;
    return ctx->pos > 1 || emit(ctx, 1, "..", parent, DT_DIR);
}

/* A decimal number without sign or leading zeroes, at most `limit`; -1 when the name is no such
 * thing. */
static int parse_number(const char *name, size_t len, int limit)
{
    int value = 0;

    if (len == 0 || len > 9 || (name[0] == '0' && len > 1))
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (name[i] < '0' || name[i] > '9')
            return -1;
        value = value * 10 + (name[i] - '0');
    }
    return value <= limit ? value : -1;
}

static int give_inode(struct inode *dir, uint64_t ino, struct inode **out)
{
    struct inode *inode = proc_get_inode(dir->i_sb, ino);

    if (IS_ERR(inode))
        return (int)PTR_ERR(inode);
    *out = inode;
    return 0;
}

/* --- directories of the table --- */

/* The last part of an entry's path if it lies directly in `dir` (NULL: /proc itself), or NULL. */
static const char *name_in(const struct proc_entry *entry, const struct proc_entry *dir)
{
    size_t len = dir ? strlen(dir->path) : 0;
    const char *name = entry->path + len;

    if (dir && (strncmp(entry->path, dir->path, len) != 0 || *name++ != '/'))
        return NULL;
    return strchr(name, '/') ? NULL : name;
}

static int dir_lookup(struct inode *dir, const char *name, size_t len, struct inode **out)
{
    const struct proc_entry *parent = proc_inode_entry(dir);

    for (unsigned i = 0; i < nr_proc_entries; i++) {
        const char *s = name_in(&proc_entries[i], parent);
        if (s && strlen(s) == len && memcmp(s, name, len) == 0)
            return give_inode(dir, PROC_FIRST_INO + i, out);
    }
    int pid = parent ? -1 : parse_number(name, len, INT32_MAX);
    struct task_struct *t = pid > 0 ? proc_find_task(pid) : NULL;
    if (!t)
        return -ENOENT;
    put_task(t);
    return give_inode(dir, proc_pid_ino(pid, 0, 0), out);
}

/* The smallest pids of processes from `from` on, ascending. Returns how many. */
static unsigned collect_pids(pid_t from, pid_t pids[PID_BATCH])
{
    struct task_struct *t;
    unsigned n = 0;

    spin_lock(&tasklist_lock);
    for_each_task (t) {
        if (t->pid < from || t->pid <= 0 || t->pid != t->tgid)
            continue;
        if (n == PID_BATCH && t->pid > pids[n - 1])
            continue;
        unsigned i = n < PID_BATCH ? n++ : n - 1;
        for (; i > 0 && pids[i - 1] > t->pid; i--)
            pids[i] = pids[i - 1];
        pids[i] = t->pid;
    }
    spin_unlock(&tasklist_lock);
    return n;
}

static void read_pids(struct dir_context *ctx)
{
    pid_t pids[PID_BATCH];
    unsigned n;

    do {
        pid_t from = ctx->pos > PID_POS ? (pid_t)(ctx->pos - PID_POS) : 0;

        n = collect_pids(from, pids);
        for (unsigned i = 0; i < n; i++) {
            char name[12];
            snprintf(name, sizeof(name), "%d", pids[i]);
            if (!emit(ctx, PID_POS + pids[i], name, proc_pid_ino(pids[i], 0, 0), DT_DIR))
                return;
        }
    } while (n == PID_BATCH);
}

static int dir_readdir(struct file *f, struct dir_context *ctx)
{
    const struct proc_entry *dir = proc_inode_entry(f->f_inode);

    if (!emit_dots(f, ctx))
        return 0;
    for (loff_t pos = ctx->pos; pos - FIRST_POS < nr_proc_entries; pos++) {
        const struct proc_entry *entry = &proc_entries[pos - FIRST_POS];
        const char *name = name_in(entry, dir);
        uint64_t ino = PROC_FIRST_INO + (uint64_t)(pos - FIRST_POS);

        if (name && !emit(ctx, pos, name, ino, entry_type(entry->mode)))
            return 0;
    }
    if (!dir)
        read_pids(ctx);
    return 0;
}

const struct inode_operations proc_dir_iops = {.lookup = dir_lookup};
const struct file_operations proc_dir_fops = {.readdir = dir_readdir};

/* --- a process's directory --- */

static int pid_lookup(struct inode *dir, const char *name, size_t len, struct inode **out)
{
    pid_t pid = proc_ino_pid(dir->i_ino);
    struct task_struct *t = proc_find_task(pid);

    if (!t)
        return -ENOENT;
    put_task(t);
    for (unsigned i = 0; i < nr_proc_pid_entries; i++) {
        const char *s = proc_pid_entries[i].name;
        if (strlen(s) == len && memcmp(s, name, len) == 0)
            return give_inode(dir, proc_pid_ino(pid, i + 1, 0), out);
    }
    return -ENOENT;
}

static int pid_readdir(struct file *f, struct dir_context *ctx)
{
    pid_t pid = proc_ino_pid(f->f_inode->i_ino);
    struct task_struct *t = proc_find_task(pid);

    if (!t)
        return -ENOENT;
    put_task(t);
    if (!emit_dots(f, ctx))
        return 0;
    for (loff_t pos = ctx->pos; pos - FIRST_POS < nr_proc_pid_entries; pos++) {
        unsigned i = (unsigned)(pos - FIRST_POS);
        const struct proc_pid_entry *entry = &proc_pid_entries[i];

        if (!emit(ctx, pos, entry->name, proc_pid_ino(pid, i + 1, 0), entry_type(entry->mode)))
            return 0;
    }
    return 0;
}

const struct inode_operations proc_pid_dir_iops = {.lookup = pid_lookup};
const struct file_operations proc_pid_dir_fops = {.readdir = pid_readdir};

/* --- a process's open files --- */

static int fd_lookup(struct inode *dir, const char *name, size_t len, struct inode **out)
{
    pid_t pid = proc_ino_pid(dir->i_ino);
    int wanted = parse_number(name, len, PROC_MAX_FD), fd = wanted;
    struct task_struct *t = wanted >= 0 ? proc_find_task(pid) : NULL;

    if (!t)
        return -ENOENT;
    struct file *f = files_next(t, &fd);
    put_task(t);
    fput(f);
    if (!f || fd != wanted)
        return -ENOENT;
    return give_inode(dir, proc_pid_ino(pid, PROC_KIND_FD, (unsigned)fd), out);
}

static int fd_readdir(struct file *dir, struct dir_context *ctx)
{
    pid_t pid = proc_ino_pid(dir->f_inode->i_ino);
    struct task_struct *t = proc_find_task(pid);
    struct file *f;

    if (!t)
        return -ENOENT;
    bool more = emit_dots(dir, ctx);
    for (int fd = (int)(ctx->pos - FIRST_POS); more && fd <= PROC_MAX_FD; fd++) {
        char name[12];

        f = files_next(t, &fd);
        fput(f);
        if (!f || fd > PROC_MAX_FD)
            break;
        snprintf(name, sizeof(name), "%d", fd);
        more =
            emit(ctx, FIRST_POS + fd, name, proc_pid_ino(pid, PROC_KIND_FD, (unsigned)fd), DT_LNK);
    }
    put_task(t);
    return 0;
}

const struct inode_operations proc_fd_dir_iops = {.lookup = fd_lookup};
const struct file_operations proc_fd_dir_fops = {.readdir = fd_readdir};
