/* SPDX-License-Identifier: MIT */
/*
 * getdents64(): a directory's entries, packed into the caller's buffer.
 *
 * An entry's d_off is the position of the one after it, which is known only when that one comes, or
 * when the file system stops; it is written into user memory then.
 */
#include "kernel/fs/internal.h"
#include "kernel/string.h"
#include "kernel/syscall.h"

/* Linux's struct linux_dirent64: 8-byte aligned, the name terminated. */
struct dirent64 {
    uint64_t ino;
    int64_t off;
    uint16_t reclen;
    uint8_t type;
    char name[NAME_MAX + 2];
};
#define DIRENT_NAME offsetof(struct dirent64, name)
_Static_assert(DIRENT_NAME == 19, "Linux's struct linux_dirent64");

struct getdents {
    struct dir_context ctx;
    uaddr_t buf, last; /* where the next entry goes; where the last one is, or 0 */
    size_t room;
    int error; /* why emit() refused */
};

static int set_last_off(struct getdents *g)
{
    int64_t off = g->ctx.pos;

    return g->last ? put_user(g->last + offsetof(struct dirent64, off), off) : 0;
}

static bool emit_dirent(struct dir_context *ctx, const char *name, size_t len, uint64_t ino,
                        unsigned type)
{
    struct getdents *g = container_of(ctx, struct getdents, ctx);
    size_t reclen = ALIGN_UP(DIRENT_NAME + len + 1, 8);
    struct dirent64 entry;

    /* Only a damaged directory has such names. */
    if (len > NAME_MAX) {
        g->error = -EUCLEAN;
        return false;
    }
    if (reclen > g->room) {
        g->error = -EINVAL;
        return false;
    }
    memset(&entry, 0, sizeof(entry));
    entry.ino = ino;
    entry.reclen = (uint16_t)reclen;
    entry.type = (uint8_t)type;
    memcpy(entry.name, name, len);
    g->error = set_last_off(g);
    if (!g->error)
        g->error = copy_to_user(g->buf, &entry, reclen);
    if (g->error)
        return false;
    g->last = g->buf;
    g->buf += reclen;
    g->room -= reclen;
    return true;
}

/* f_pos_lock held. */
static long read_directory(struct file *f, uaddr_t ubuf, size_t size)
{
    struct inode *inode = f->f_inode;
    struct getdents g = {.ctx = {.emit = emit_dirent, .pos = f->f_pos}, .buf = ubuf, .room = size};
    int err = -ENOENT;

    mutex_lock(&inode->i_lock);
    if (inode->i_nlink > 0)
        err = f->f_op->readdir(f, &g.ctx);
    mutex_unlock(&inode->i_lock);

    if (!g.last)
        return err ? err : g.error;
    err = set_last_off(&g);
    if (err)
        return err;
    f->f_pos = g.ctx.pos;
    return (long)(g.buf - ubuf);
}

SYSCALL3(getdents64, int, fd, uaddr_t, ubuf, unsigned, size)
{
    struct file *f = fget(fd);
    long ret;

    if (!f)
        return -EBADF;
    if (!S_ISDIR(f->f_inode->i_mode) || !f->f_op->readdir) {
        ret = -ENOTDIR;
    } else {
        mutex_lock(&f->f_pos_lock);
        ret = read_directory(f, ubuf, size);
        mutex_unlock(&f->f_pos_lock);
    }
    fput(f);
    return ret;
}
