/* SPDX-License-Identifier: MIT */
/* What the parts of the file layer share among themselves; everyone else uses kernel/fs/vfs.h. */
#ifndef KERNEL_FS_INTERNAL_H
#define KERNEL_FS_INTERNAL_H

#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "mm/uaccess.h"

/* What open() keeps in f_flags: what F_GETFL shows. */
#define O_ONCE       (O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC)
#define O_TMPFILE    020000000
#define MAX_SYMLINKS 40
#define UIO_MAXIOV   1024
/* The most that one read() or write() moves: whole pages below 2 GiB, as on Linux. */
#define MAX_RW_COUNT ((size_t)(INT32_MAX & ~(PAGE_SIZE - 1)))

struct iovec {
    uaddr_t base;
    uint64_t len;
};

/* --- each part's own start, from vfs_init() --- */
void inode_init(void);
void dentry_init(void);
void file_init(void);
void fdtable_init(void);

/* Takes one away unless it is the last: false, and then nothing has changed. */
bool put_unless_last(atomic_int *count);

/* What an inode has until its file system gives it something better: no operation at all. */
extern const struct inode_operations empty_iops;
extern const struct file_operations empty_fops;

/* --- dentry.c --- */
/* The dentry of that name if there is one, referenced, or NULL. Does not sleep. */
struct dentry *d_lookup(struct dentry *parent, const char *name, size_t len);
/*
 * A dentry that is in no directory (a pipe's), with a reference of its own to inode, or NULL. Paths
 * show `name`, of at least two characters, as it is.
 */
struct dentry *d_make_nameless(struct inode *inode, const char *name);
/* The name is gone: the dentry is found no more. i_lock of the directory held. */
void d_drop(struct dentry *d);
/* d gets a new place; takes over `name` (kmalloc'ed). rename_lock and both i_locks held. */
void d_move(struct dentry *d, struct dentry *parent, char *name, size_t len);
/* Whether a is d or one of its ancestors in the same file system. rename_lock held. */
bool d_is_ancestor(struct dentry *a, struct dentry *d);
/* What ".." means in d, referenced; it never leaves `root`. */
struct dentry *d_dotdot(struct dentry *d, struct dentry *root);
/* Trades the reference to d for one to the root of what is mounted there, and so on. */
struct dentry *d_cross_mounts(struct dentry *d);
bool d_is_mountpoint(struct dentry *d);
/* Nothing is mounted at `where` yet; mount_lock held. Takes over both references, for good. */
void d_mount(struct dentry *where, struct dentry *root);
/*
 * The opposite, unless anybody has a dentry below `root` or more than two references to it, the
 * mount's and the caller's: NULL then. Else where it was, with the reference that d_mount() took
 * over; that to `root` is the caller's again. mount_lock held.
 */
struct dentry *d_unmount(struct dentry *root);
/* As d_path(), from `root` on, but NULL when it does not fit. */
char *d_path_from(struct dentry *d, struct dentry *root, char *buf, size_t size);

/* --- namei.c --- */
enum last_type {
    LAST_NAME,   /* an ordinary name in w->dir */
    LAST_DOT,    /* "." */
    LAST_DOTDOT, /* ".." */
    LAST_SELF,   /* nothing is left: w->dir itself ("/", or where a magic link led) */
};

/* A path on its way. `dir` and `root` are references. */
struct walk {
    struct dentry *dir;  /* where it stands */
    struct dentry *root; /* "/" */
    const char *rest;    /* what remains; in `buf` once a symbolic link was followed */
    char *buf;
    unsigned links;
    const char *name; /* the last component, not terminated */
    size_t len;
    enum last_type type;
    bool slash; /* a slash follows it: it has to be a directory */
};

/*
 * Starts in `base` (NULL: the working directory) or in the directory that is open as dfd. 0, and
 * walk_end() is the caller's; -ENOENT for an empty path, -EBADF, -ENOTDIR.
 */
int walk_start(struct walk *w, struct dentry *base, const char *path);
int walk_start_at(struct walk *w, int dfd, const char *path);
/* Goes on to the directory of the last component, which it describes in *w. */
int walk_parent(struct walk *w);
/* What the last component leads to, mounts crossed, links not followed. Referenced or ERR_PTR. */
struct dentry *walk_last(struct walk *w);
/* Puts the link's text before what remains; takes over the reference. walk_parent() goes on. */
int walk_follow(struct walk *w, struct dentry *link);
void walk_end(struct walk *w);

/* The child of that name or ERR_PTR. i_lock of the directory held. */
struct dentry *lookup_locked(struct dentry *dir, const char *name, size_t len);
/* Whether names may be added to and removed from it: 0, -ENOENT (it is removed), -EROFS. */
int dir_may_change(struct inode *dir);

/* A path from user memory; kfree() it. ERR_PTR(-EFAULT, -ENAMETOOLONG, -ENOMEM; -ENOENT: empty) */
char *getname(uaddr_t upath);
#define LOOKUP_EMPTY 4 /* AT_EMPTY_PATH: "" is what dfd refers to */
struct dentry *lookup_at(int dfd, uaddr_t upath, unsigned flags);
/* The same by a call's AT_* flags, of which AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH are looked at. */
struct dentry *lookup_by(int dfd, uaddr_t upath, unsigned at_flags);

/* --- fdtable.c --- */
/* A descriptor that is taken but not open yet: the lowest free one >= from; -EMFILE or -ENOMEM. */
int fd_reserve(int from, bool cloexec);
/* Opens it, taking over the reference to f, or gives it back. */
void fd_fill(int fd, struct file *f);
void fd_cancel(int fd);
/* FD_CLOEXEC of an open descriptor: 0 or 1; sets it: 0. -EBADF. */
int fd_get_cloexec(int fd);
int fd_set_cloexec(int fd, bool on);

/* --- mount.c --- */
/* A number for st_dev of what has no disk. */
dev_t get_anon_dev(void);

/* --- truncate.c, chrdev.c, pipe.c --- */
#define PIPE_PAGES 16
#define PIPE_SIZE  (PIPE_PAGES * PAGE_SIZE)
/* The caller has the right to write to it (get_write_access). */
int do_truncate(struct inode *inode, loff_t size);
const struct file_operations *chrdev_fops(dev_t dev);
extern const struct file_operations fifo_fops;
/* All pieces as one write: not interleaved with others up to PIPE_BUF bytes in all. */
ssize_t pipe_writev(struct file *f, const struct iovec *iov, unsigned count);
ssize_t pipe_write_kernel(struct file *f, const void *buf, size_t n);
void pipe_init(void);

/* Has a position of its own, which read() and write() use and move. */
static inline bool file_has_pos(const struct file *f)
{
    unsigned mode = f->f_inode->i_mode;

    return S_ISREG(mode) || S_ISDIR(mode) || S_ISBLK(mode);
}
static inline bool file_readable(const struct file *f)
{
    return (f->f_flags & O_ACCMODE) == O_RDONLY || (f->f_flags & O_ACCMODE) == O_RDWR;
}
static inline bool file_writable(const struct file *f)
{
    return (f->f_flags & O_ACCMODE) == O_WRONLY || (f->f_flags & O_ACCMODE) == O_RDWR;
}

#endif
