/* SPDX-License-Identifier: MIT */
/*
 * The file layer: what every file system supplies, and what the rest of the kernel sees of files.
 *
 *   inode   one file, directory or device of one file system. Kept in a hash by (super block,
 * number) with a count of references; an unused inode stays cached, with its pages, until memory is
 *           short or its last link is gone.
 *   dentry  one name in the tree, from an open file or a working directory up to the root. Exists
 * only while referenced (a child holds its parent), at most one for each (parent, name). file one
 * open(): a position, flags, and the operations.
 *
 * Locks: inode->i_lock (mutex, RANK_INODE) guards a directory's entries, and a file's size and
 * writes; parents before children, two directories in order of their inode addresses under
 * rename_lock. dentry_lock and inode_hash_lock (spin, RANK_FILES) guard the tables and counts. The
 * last iput(), dput() or fput() of a regular file takes no i_lock, so it may come under mmap_lock.
 * All functions here may sleep unless they say otherwise; errors are -errno.
 */
#ifndef KERNEL_FS_VFS_H
#define KERNEL_FS_VFS_H

#include "kernel/mutex.h"
#include "kernel/time.h"
#include "mm/filemap.h"

#define NAME_MAX 255
#define PATH_MAX 4096

/* st_mode, as everywhere. */
#define S_IFMT      0170000
#define S_IFSOCK    0140000
#define S_IFLNK     0120000
#define S_IFREG     0100000
#define S_IFBLK     0060000
#define S_IFDIR     0040000
#define S_IFCHR     0020000
#define S_IFIFO     0010000
#define S_ISUID     04000
#define S_ISGID     02000
#define S_ISVTX     01000
#define S_IALLUGO   07777
#define S_IRWXUGO   00777
#define S_IXUGO     00111
#define S_ISDIR(m)  (((m)&S_IFMT) == S_IFDIR)
#define S_ISREG(m)  (((m)&S_IFMT) == S_IFREG)
#define S_ISLNK(m)  (((m)&S_IFMT) == S_IFLNK)
#define S_ISCHR(m)  (((m)&S_IFMT) == S_IFCHR)
#define S_ISBLK(m)  (((m)&S_IFMT) == S_IFBLK)
#define S_ISFIFO(m) (((m)&S_IFMT) == S_IFIFO)

/* open() flags that have one number on every architecture we know. */
#define O_ACCMODE   03
#define O_RDONLY    00
#define O_WRONLY    01
#define O_RDWR      02
#define O_CREAT     0100
#define O_EXCL      0200
#define O_NOCTTY    0400
#define O_TRUNC     01000
#define O_APPEND    02000
#define O_NONBLOCK  04000
#define O_DSYNC     010000
#define O_DIRECTORY 0200000
#define O_NOFOLLOW  0400000
#define O_CLOEXEC   02000000
#define O_PATH      010000000

#define SEEK_SET    0
#define SEEK_CUR    1
#define SEEK_END    2

/* fallocate(2)'s modes. */
#define FALLOC_FL_KEEP_SIZE      0x01
#define FALLOC_FL_PUNCH_HOLE     0x02
#define FALLOC_FL_COLLAPSE_RANGE 0x08
#define FALLOC_FL_ZERO_RANGE     0x10
#define FALLOC_FL_INSERT_RANGE   0x20
#define FALLOC_FL_UNSHARE_RANGE  0x40

#define AT_FDCWD                 (-100)
#define AT_SYMLINK_NOFOLLOW      0x100
#define AT_REMOVEDIR             0x200
#define AT_SYMLINK_FOLLOW        0x400
#define AT_EMPTY_PATH            0x1000

/* Linux's encoding of device numbers (the low 32 bits of it). */
#define MKDEV(major, minor)                                                                        \
    ((dev_t)(((minor)&0xff) | ((major)&0xfff) << 8 | ((minor) & ~0xffu) << 12))
#define MAJOR(dev) (((dev) >> 8) & 0xfff)
#define MINOR(dev) (((dev)&0xff) | (((dev) >> 12) & ~0xffu))

struct inode;
struct kstatfs;
struct dentry;
struct file;
struct super_block;
struct seq_file;
struct task_struct;
struct vm_area_struct;

/* d_type of a directory entry: the file type's bits of st_mode, shifted. */
#define DT_TYPE(mode) (((mode)&S_IFMT) >> 12)
#define DT_UNKNOWN    0

/* What readdir() hands each entry to; `emit` returns false when it wants no more. */
struct dir_context {
    bool (*emit)(struct dir_context *ctx, const char *name, size_t len, uint64_t ino,
                 unsigned type);
    /*
     * The file system's own cookie of the entry being emitted; it moves on to the next one once
     * emit() has returned true, so that a refused entry comes first the next time.
     */
    loff_t pos;
};

/*
 * A missing operation means the call fails: -EPERM for changes, -EINVAL or -ENOTTY for the rest.
 * The file system keeps i_nlink, i_size and the times of all inodes that a change touches, and
 * marks them dirty. A directory whose i_nlink is 0 is removed: nothing is made in it any more.
 */
struct inode_operations {
    /* dir->i_lock held. A referenced inode in *out, or -ENOENT. Names are not terminated. */
    int (*lookup)(struct inode *dir, const char *name, size_t len, struct inode **out);
    /* Makes a file of the type in `mode` (regular, device, fifo; rdev). Name known to be free. */
    int (*create)(struct inode *dir, const char *name, size_t len, unsigned mode, dev_t rdev,
                  struct inode **out);
    int (*mkdir)(struct inode *dir, const char *name, size_t len, unsigned mode);
    int (*symlink)(struct inode *dir, const char *name, size_t len, const char *target);
    int (*link)(struct inode *dir, const char *name, size_t len, struct inode *inode);
    /* `inode` is what the name leads to, its i_lock held as well. rmdir: -ENOTEMPTY. */
    int (*unlink)(struct inode *dir, const char *name, size_t len, struct inode *inode);
    int (*rmdir)(struct inode *dir, const char *name, size_t len, struct inode *inode);
    /*
     * `victim` is what stands under the new name and is replaced (-ENOTEMPTY for a directory that
     * is not empty), or NULL; never `inode` itself. i_lock of all four held, types checked.
     */
    int (*rename)(struct inode *old_dir, const char *old_name, size_t old_len, struct inode *inode,
                  struct inode *new_dir, const char *new_name, size_t new_len,
                  struct inode *victim);
    /* The target, at most size bytes, not terminated; returns its length. */
    ssize_t (*readlink)(struct inode *inode, char *buf, size_t size);
    /*
     * A magic link (/proc/N/exe, fd/N): goes to a file without its name. A referenced dentry, or
     * ERR_PTR. Links that have it are followed this way; readlink() still gives the text.
     */
    struct dentry *(*follow)(struct inode *inode);
    /* i_lock held. Sets the size: frees what is beyond, or leaves a hole. */
    int (*truncate)(struct inode *inode, loff_t size);
    /* i_lock held. 0, or why its permissions may not become those of `mode`. Missing: they may. */
    int (*may_chmod)(struct inode *inode, unsigned mode);
};

struct file_operations {
    /* At *pos, which they advance. Bytes moved, 0 at the end, or -errno. Devices ignore *pos. */
    ssize_t (*read)(struct file *f, uaddr_t buf, size_t n, loff_t *pos);
    ssize_t (*write)(struct file *f, uaddr_t buf, size_t n, loff_t *pos);
    /* Missing: seekable within i_size if the inode is regular or a directory, else -ESPIPE. */
    loff_t (*llseek)(struct file *f, loff_t offset, int whence);
    /* Calls ctx->emit from ctx->pos on. i_lock held. "." and ".." included. */
    int (*readdir)(struct file *f, struct dir_context *ctx);
    long (*ioctl)(struct file *f, unsigned cmd, uaddr_t arg);
    int (*open)(struct inode *inode, struct file *f);
    void (*release)(struct file *f); /* the last reference is gone */
    /* POLL* events that are ready now. */
    unsigned (*poll)(struct file *f);
    /* mmap(): sets vma->vm_ops, or refuses. Missing: -ENODEV. mmap_lock held for writing. */
    int (*mmap)(struct file *f, struct vm_area_struct *vma);
    /*
     * mmap(), before there is an area, or one is found that the new one continues: -EPERM, or 0 and
     * may have taken flags away from those that it would get. Missing: 0. The same lock.
     */
    int (*mmap_flags)(struct file *f, unsigned *vm_flags);
    /*
     * fallocate(), of `len` > 0 bytes from `start` >= 0 on, whose sum is a loff_t; the file is open
     * for writing. 0 or -errno. Missing: -EOPNOTSUPP.
     */
    int (*fallocate)(struct file *f, unsigned mode, loff_t start, loff_t len);
    /* Pages first to last of the file, and what leads to them, are on the disk when it returns. */
    int (*fsync)(struct file *f, uint64_t first, uint64_t last);
};

#define POLLIN  1
#define POLLOUT 4
#define POLLERR 8
#define POLLHUP 16

/* Any of these may be missing. */
struct super_operations {
    /*
     * Memory for an inode: the file system's own structure around struct inode, which new_inode()
     * then sets up. NULL: none. Without the operation it is a plain struct inode.
     */
    struct inode *(*alloc_inode)(struct super_block *sb);
    /* Gives that memory back. Takes no sleeping lock: reclaim calls it. */
    void (*free_inode)(struct inode *inode);
    /*
     * The last link and the last reference are gone, its pages too: free its blocks and, as the
     * last thing, its number on disk, which may be given out again at once. free_inode() follows.
     */
    void (*delete_inode)(struct inode *inode);
    /* Puts the inode's attributes where the next sync takes them from. */
    int (*write_inode)(struct inode *inode);
    int (*sync)(struct super_block *sb);
    int (*statfs)(struct super_block *sb, struct kstatfs *out);
    /* For /proc/mounts: ",option=value" for what was chosen when it was mounted. */
    void (*show_options)(struct seq_file *m, struct super_block *sb);
    void (*unmount)(struct super_block *sb);
    /*
     * umount2(): frees the super block and all there is in it; nobody has any of it, but for the
     * reference in sb->root. Missing: it stays mounted until power-off.
     */
    void (*kill)(struct super_block *sb);
};

struct kstatfs {
    uint64_t type, bsize, blocks, bfree, bavail, files, ffree, fsid, namelen;
};

struct super_block {
    const char *fs_name; /* "ext2", "proc" */
    dev_t dev;           /* st_dev */
    const struct super_operations *ops;
    struct block_device *bdev; /* NULL for file systems with no disk */
    struct dentry *root;
    bool read_only;
    bool in_memory; /* attributes can be changed, and are stored nowhere but in the inode */
    void *private;  /* the file system's */
    struct list_head node;
};

struct inode {
    uint64_t i_ino;
    struct super_block *i_sb;
    uint32_t i_mode, i_nlink, i_uid, i_gid;
    dev_t i_rdev;
    loff_t i_size;
    uint64_t i_blocks; /* of 512 bytes */
    struct timespec i_atime, i_mtime, i_ctime;

    struct mutex i_lock;
    const struct inode_operations *i_op;
    const struct file_operations *i_fop;
    struct address_space i_data;
    struct pipe *i_pipe; /* of a fifo that is open */
    void *i_private;     /* the file system's */

    atomic_int i_count;
    atomic_int i_writecount; /* > 0: open for writing so often; < 0: mapped as a program so often */
    /* inode.c's, under inode_hash_lock. */
    bool i_dirty;          /* attributes newer than what write_inode() last stored */
    unsigned char i_state; /* enum inode_state */
    struct list_head i_hash, i_lru, i_dirty_node;
};

struct dentry {
    struct dentry *d_parent; /* a reference; itself, at a file system's root */
    struct inode *d_inode;
    atomic_int d_count;
    struct dentry *d_mounted; /* root of the file system mounted here */
    struct dentry *d_covered; /* of such a root: where it is mounted */
    bool d_unlinked;          /* the name is gone; paths say " (deleted)" */
    struct list_head d_hash;
    size_t d_len;
    char *d_name; /* terminated, d_len bytes */
};

struct file {
    atomic_int f_count;
    unsigned f_flags; /* O_* */
    loff_t f_pos;     /* f_pos_lock */
    struct mutex f_pos_lock;
    struct dentry *f_dentry; /* of a pipe: one in no directory, named "pipe:[number]" */
    struct inode *f_inode;
    bool f_writer; /* counted in f_inode->i_writecount */
    const struct file_operations *f_op;
    void *private; /* the operations' */
};

/* A process's working directory and mode mask; shared by tasks that cloned with CLONE_FS. */
struct fs_struct {
    atomic_int count;
    struct mutex lock;
    struct dentry *cwd, *root;
    unsigned umask;
};

/* --- inodes (inode.c) --- */
void vfs_init(void);
/*
 * The cached inode with a reference more, or a new one that `fill` then reads (0 or -errno, and
 * then iget() returns that). Waits while another task reads or deletes it. ERR_PTR on errors.
 */
struct inode *iget(struct super_block *sb, uint64_t ino, int (*fill)(struct inode *inode));
/*
 * A fresh inode with one reference that is in no table yet, or NULL: zeroed but for i_nlink 1,
 * i_sb, the times (now), i_lock and i_data (host set, no operations). insert_inode() makes it
 * findable by its number. One that was never inserted is freed with its last reference.
 */
struct inode *new_inode(struct super_block *sb);
void insert_inode(struct inode *inode);
void ihold(struct inode *inode);
void iput(struct inode *inode);             /* takes NULL */
void mark_inode_dirty(struct inode *inode); /* no spinlock held */
int sync_inode(struct inode *inode);        /* write_inode() if it is dirty; for fsync() */
int sync_inodes(struct super_block *sb);    /* the same for every dirty one; NULL: of all */
struct timespec current_time(void);         /* wall clock, for the three times */
static inline struct inode *file_inode(struct file *f)
{
    return f->f_inode;
}

/* i_writecount: 0 or -ETXTBSY. None of these sleeps. */
int deny_write_access(struct inode *inode);
void allow_write_access(struct inode *inode);
int get_write_access(struct inode *inode);
void put_write_access(struct inode *inode);

/* --- names (dentry.c, namei.c) --- */
struct dentry *dget(struct dentry *d);
void dput(struct dentry *d); /* takes NULL */
/*
 * The dentry for `name` under parent, referenced, made if need be; takes references of its own to
 * parent and inode. i_lock of the parent's inode held. NULL: no memory.
 */
struct dentry *d_obtain(struct dentry *parent, const char *name, size_t len, struct inode *inode);
/* A new root, with a reference of its own to inode. NULL: no memory. */
struct dentry *d_make_root(struct inode *inode);
/*
 * The absolute path, written to the end of buf; returns its start. Never fails: the front is cut to
 * "..." when it is too long (size >= 16). Does not sleep.
 */
char *d_path(struct dentry *d, char *buf, size_t size);

enum {
    LOOKUP_FOLLOW = 1,    /* a symbolic link at the end is followed */
    LOOKUP_DIRECTORY = 2, /* -ENOTDIR otherwise */
};
/*
 * Walks a kernel string from `base` (NULL: the working directory; of a kernel thread without one,
 * the root). A referenced dentry or ERR_PTR.
 */
struct dentry *path_lookup(struct dentry *base, const char *path, unsigned flags);

/* --- files (file.c, open.c) --- */
struct file *get_file(struct file *f);
void fput(struct file *f); /* takes NULL */
/* As open(): path relative to `base` (NULL: cwd); `mode` as it is, without umask. ERR_PTR on
 * errors. */
struct file *filp_open(struct dentry *base, const char *path, unsigned flags, unsigned mode);
/*
 * A file that was not opened by name. On success it takes over the caller's reference to d (whose
 * inode must be `inode`), or to inode where d is NULL. NULL: no memory.
 */
struct file *alloc_file(struct dentry *d, struct inode *inode, unsigned flags,
                        const struct file_operations *fop);
/* Bytes of a file that has a page cache, into kernel memory. Bytes read (0: the end) or -errno. */
ssize_t kernel_read(struct file *f, void *buf, size_t n, loff_t pos);

/* --- a process's descriptors (fdtable.c) --- */
struct files_struct *files_create(void);
struct files_struct *files_copy(struct files_struct *old); /* NULL: no memory */
struct files_struct *files_get(struct files_struct *files);
void files_put(struct files_struct *files); /* closes all with the last reference */
/* exec: a table of its own for the current task, if others use the one it has. 0 or -ENOMEM. */
int files_unshare(void);
void files_close_on_exec(struct files_struct *files);
/* A referenced file, or NULL. Not one that was opened with O_PATH: that is for fget_path(). */
struct file *fget(int fd);
struct file *fget_path(int fd);
/*
 * The lowest free descriptor >= from. fd, -EMFILE or -ENOMEM. Takes over the reference to f in
 * every case: when it fails, f is put.
 */
int fd_install(struct file *f, int from, bool cloexec);
/*
 * Another process's: for /proc/N/fd. Next open fd >= *fd with a referenced file, or NULL. An
 * exiting task clears t->files under tasklist_lock before it puts them.
 */
struct file *files_next(struct task_struct *t, int *fd);
/* How many descriptors its table has room for at present. */
size_t files_size(const struct files_struct *files);

struct fs_struct *
fs_copy(struct fs_struct *old); /* NULL: no memory. old NULL: at the root, umask 022 */
struct fs_struct *fs_get(struct fs_struct *fs);
void fs_put(struct fs_struct *fs); /* takes NULL */
/* Referenced: the working directory and the root of `fs` (NULL: the root of all). */
struct dentry *fs_cwd(struct fs_struct *fs);
struct dentry *fs_root(struct fs_struct *fs);

/* --- poll.c --- */
/* What some f_op->poll() answers may have changed: wakes who waits in ppoll(). Any context. */
void poll_notify(void);
/*
 * Until one of the n files in the user's array (struct pollfd) is ready or the clock shows `end`
 * (KTIME_NEVER: no limit): how many are, or -errno.
 */
long do_poll(uaddr_t ufds, unsigned n, ktime_t end);

/* --- attr.c --- */
#define UTIME_NOW  0x3fffffff
#define UTIME_OMIT 0x3ffffffe
/* Sets access and modification time as utimensat() does: 0 or -errno. */
int do_utimes(int dfd, uaddr_t upath, const struct timespec times[2], int flags);

/* --- mounts (mount.c) --- */
struct file_system_type {
    const char *name;
    bool nodev; /* has no disk behind it */
    /*
     * A super block whose root is set, or ERR_PTR. `options`: mount()'s text, "name=value,...",
     * which may be cut up; never NULL.
     */
    struct super_block *(*mount)(dev_t dev, char *options);
    struct list_head node;
};
void register_filesystem(struct file_system_type *type);
/* where NULL: the root; options NULL: none. */
int vfs_mount(const char *type, dev_t dev, char *options, struct dentry *where);
void vfs_shutdown(
    void); /* before power-off: vfs_sync(), and every file system is unmounted. May sleep. */
int vfs_sync(void); /* everything to disk: inodes, pages, super blocks, device caches */
struct dentry *root_dentry(void);
void show_mounts(struct seq_file *m);      /* /proc/mounts */
void show_filesystems(struct seq_file *m); /* /proc/filesystems: "nodev" for those without a disk */

/* --- devices (chrdev.c) --- */
/* Character devices by number; opening an inode of that number uses fop. */
void register_chrdev(unsigned major, unsigned minor, const struct file_operations *fop,
                     const char *name);

/* --- generic.c: file operations for regular files, through inode->i_data. Each may sleep. --- */
ssize_t generic_file_read(struct file *f, uaddr_t buf, size_t n, loff_t *pos);
/*
 * Takes i_lock, heeds O_APPEND, raises i_size, sets the times. `prepare` (or NULL) is called for
 * each page, with the range [pos, pos + n) in it that will change and the page locked. It makes
 * room on disk for that page, so that write-back cannot run out of space: 0 or -errno, -EFBIG among
 * them. When the write ends early, a prepared block may lie beyond i_size: giving it back is the
 * file system's.
 */
ssize_t generic_file_write(struct file *f, uaddr_t buf, size_t n, loff_t *pos,
                           int (*prepare)(struct inode *inode, loff_t pos, size_t n));
/* The same for who holds i_lock. */
ssize_t generic_write_locked(struct file *f, uaddr_t buf, size_t n, loff_t *pos,
                             int (*prepare)(struct inode *inode, loff_t pos, size_t n));
/* May the file become so long? 0, or -EFBIG, and SIGXFSZ is sent: RLIMIT_FSIZE. */
int file_size_allowed(const struct inode *inode, loff_t size);
/* These pages of the file, its attributes and the device's cache to the disk. */
int generic_file_fsync(struct file *f, uint64_t first, uint64_t last);
/* For what is nowhere but in memory. */
int noop_fsync(struct file *f, uint64_t first, uint64_t last);
/*
 * Notes that the file was read. Keeps the time of the last access only as far as it tells
 * something: that the file was read since it was last changed, and on which day.
 */
void file_accessed(struct file *f);

#endif
