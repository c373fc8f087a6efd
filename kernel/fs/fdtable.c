/* SPDX-License-Identifier: MIT */
/*
 * A process's descriptors: an array of files that grows as needed.
 *
 * files->lock (RANK_FILES) guards the array. A descriptor is free, reserved (`busy`, no file: an
 * open() that may yet fail has chosen it), or open. Below first_free none is free. Files are put
 * outside the lock, since releasing one may sleep.
 */
#include "kernel/fs/internal.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include "mm/slab.h"

#define FDS_AT_FIRST 16

struct fd {
    struct file *file;
    bool busy, cloexec;
};

struct files_struct {
    atomic_int count;
    struct spinlock lock;
    size_t size, first_free;
    struct fd *fds;
};

static struct kmem_cache *files_cache;

void fdtable_init(void)
{
    files_cache = kmem_cache_create("files", sizeof(struct files_struct), 0);
    if (!files_cache)
        panic("no memory for the cache of descriptor tables");
}

static struct files_struct *files_alloc(size_t size)
{
    struct files_struct *files = kmem_cache_alloc(files_cache, GFP_KERNEL | GFP_ZERO);

    if (!files)
        return NULL;
    files->fds = kzalloc(size * sizeof(struct fd), GFP_KERNEL);
    if (!files->fds) {
        kmem_cache_free(files_cache, files);
        return NULL;
    }
    files->count = 1;
    files->size = size;
    spin_lock_init(&files->lock, "files", RANK_FILES);
    return files;
}

struct files_struct *files_create(void)
{
    return files_alloc(FDS_AT_FIRST);
}

struct files_struct *files_get(struct files_struct *files)
{
    atomic_fetch_add(&files->count, 1);
    return files;
}

void files_put(struct files_struct *files)
{
    if (!files || atomic_fetch_sub(&files->count, 1) > 1)
        return;
    for (size_t fd = 0; fd < files->size; fd++)
        fput(files->fds[fd].file);
    kfree(files->fds);
    kmem_cache_free(files_cache, files);
}

/* files->lock held: one more than the highest open descriptor. */
static size_t files_used(const struct files_struct *files)
{
    size_t used = files->size;

    while (used > 0 && !files->fds[used - 1].file)
        used--;
    return used;
}

/* Fails when the copy has no room for what was opened since its size was chosen. */
static bool files_fill(struct files_struct *new, struct files_struct *old)
{
    size_t used;
    bool fits;

    spin_lock(&old->lock);
    used = files_used(old);
    fits = used <= new->size;
    for (size_t fd = 0; fits && fd < used; fd++) {
        if (!old->fds[fd].file)
            continue;
        new->fds[fd] = old->fds[fd];
        get_file(new->fds[fd].file);
    }
    spin_unlock(&old->lock);
    return fits;
}

struct files_struct *files_copy(struct files_struct *old)
{
    for (;;) {
        struct files_struct *new;
        size_t used;

        spin_lock(&old->lock);
        used = files_used(old);
        spin_unlock(&old->lock);
        new = files_alloc(ALIGN_UP(max(used, (size_t)1), FDS_AT_FIRST));
        if (!new || files_fill(new, old))
            return new;
        files_put(new);
    }
}

int files_unshare(void)
{
    struct files_struct *old = current->files, *new;

    if (atomic_load(&old->count) == 1)
        return 0;
    new = files_copy(old);
    if (!new)
        return -ENOMEM;
    /* /proc looks at other tasks' files under this lock. */
    spin_lock(&tasklist_lock);
    current->files = new;
    spin_unlock(&tasklist_lock);
    files_put(old);
    return 0;
}

/* Makes room for descriptor `fd`. 0 or -ENOMEM. */
static int files_grow(struct files_struct *files, size_t fd)
{
    size_t size = max(ALIGN_UP(fd + 1, FDS_AT_FIRST), 2 * READ_ONCE(files->size));
    struct fd *fds = kzalloc(size * sizeof(struct fd), GFP_KERNEL);

    if (!fds)
        return -ENOMEM;
    spin_lock(&files->lock);
    if (files->size < size) {
        struct fd *old = files->fds;

        memcpy(fds, old, files->size * sizeof(struct fd));
        files->fds = fds;
        files->size = size;
        fds = old;
    }
    spin_unlock(&files->lock);
    kfree(fds);
    return 0;
}

static size_t fd_limit(void)
{
    return min(current->rlim[RLIMIT_NOFILE].cur, (uint64_t)INT32_MAX);
}

int fd_reserve(int from, bool cloexec)
{
    struct files_struct *files = current->files;
    size_t limit = fd_limit();

    for (;;) {
        size_t fd;
        int err;

        spin_lock(&files->lock);
        fd = max((size_t)from, files->first_free);
        while (fd < files->size && files->fds[fd].busy)
            fd++;
        if (fd < limit && fd < files->size) {
            files->fds[fd] = (struct fd){.busy = true, .cloexec = cloexec};
            if ((size_t)from <= files->first_free)
                files->first_free = fd + 1;
            spin_unlock(&files->lock);
            return (int)fd;
        }
        spin_unlock(&files->lock);
        if (fd >= limit)
            return -EMFILE;
        err = files_grow(files, fd);
        if (err)
            return err;
    }
}

void fd_fill(int fd, struct file *f)
{
    struct files_struct *files = current->files;

    spin_lock(&files->lock);
    files->fds[fd].file = f;
    spin_unlock(&files->lock);
}

/* files->lock held. Returns the file that was open, if any. */
static struct file *fd_free(struct files_struct *files, size_t fd)
{
    struct file *f = files->fds[fd].file;

    files->fds[fd] = (struct fd){0};
    files->first_free = min(files->first_free, fd);
    return f;
}

void fd_cancel(int fd)
{
    struct files_struct *files = current->files;

    spin_lock(&files->lock);
    fd_free(files, (size_t)fd);
    spin_unlock(&files->lock);
}

int fd_install(struct file *f, int from, bool cloexec)
{
    int fd = fd_reserve(from, cloexec);

    if (fd < 0)
        fput(f);
    else
        fd_fill(fd, f);
    return fd;
}

/* files->lock held. The open descriptor's place, or NULL. */
static struct fd *fd_find(struct files_struct *files, int fd)
{
    if (fd < 0 || (size_t)fd >= files->size || !files->fds[fd].file)
        return NULL;
    return &files->fds[fd];
}

struct file *fget_path(int fd)
{
    struct files_struct *files = current->files;
    struct file *f = NULL;
    struct fd *slot;

    if (!files)
        return NULL;
    spin_lock(&files->lock);
    slot = fd_find(files, fd);
    if (slot)
        f = get_file(slot->file);
    spin_unlock(&files->lock);
    return f;
}

struct file *fget(int fd)
{
    struct file *f = fget_path(fd);

    if (f && f->f_flags & O_PATH) {
        fput(f);
        return NULL;
    }
    return f;
}

int fd_get_cloexec(int fd)
{
    struct files_struct *files = current->files;
    struct fd *slot;
    int ret;

    spin_lock(&files->lock);
    slot = fd_find(files, fd);
    ret = slot ? slot->cloexec : -EBADF;
    spin_unlock(&files->lock);
    return ret;
}

int fd_set_cloexec(int fd, bool on)
{
    struct files_struct *files = current->files;
    struct fd *slot;

    spin_lock(&files->lock);
    slot = fd_find(files, fd);
    if (slot)
        slot->cloexec = on;
    spin_unlock(&files->lock);
    return slot ? 0 : -EBADF;
}

/* Closes fd if it is open (and, where only_cloexec, marked). Returns the file, still referenced. */
static struct file *fd_close(struct files_struct *files, int fd, bool only_cloexec)
{
    struct file *f = NULL;
    struct fd *slot;

    spin_lock(&files->lock);
    slot = fd_find(files, fd);
    if (slot && (slot->cloexec || !only_cloexec))
        f = fd_free(files, (size_t)fd);
    spin_unlock(&files->lock);
    return f;
}

void files_close_on_exec(struct files_struct *files)
{
    for (size_t fd = 0; fd < READ_ONCE(files->size); fd++)
        fput(fd_close(files, (int)fd, true));
}

size_t files_size(const struct files_struct *files)
{
    return READ_ONCE(files->size);
}

struct file *files_next(struct task_struct *t, int *fd)
{
    struct files_struct *files;
    struct file *f = NULL;

    spin_lock(&tasklist_lock);
    files = t->files;
    if (files)
        files_get(files);
    spin_unlock(&tasklist_lock);
    if (!files)
        return NULL;

    spin_lock(&files->lock);
    for (size_t i = (size_t)max(*fd, 0); i < files->size; i++) {
        if (files->fds[i].file) {
            f = get_file(files->fds[i].file);
            *fd = (int)i;
            break;
        }
    }
    spin_unlock(&files->lock);
    files_put(files);
    return f;
}

SYSCALL1(close, int, fd)
{
    struct file *f = fd_close(current->files, fd, false);

    if (!f)
        return -EBADF;
    fput(f);
    return 0;
}

SYSCALL1(dup, int, fd)
{
    struct file *f = fget_path(fd);

    return f ? fd_install(f, 0, false) : -EBADF;
}

/* Puts f under newfd, in place of what was there; takes over the reference. */
static int fd_replace(struct file *f, size_t newfd, bool cloexec)
{
    struct files_struct *files = current->files;
    struct file *old = NULL;
    int ret = (int)newfd;

    if (newfd >= READ_ONCE(files->size) && files_grow(files, newfd)) {
        fput(f);
        return -ENOMEM;
    }
    spin_lock(&files->lock);
    old = files->fds[newfd].file;
    if (!old && files->fds[newfd].busy) {
        /* Another thread's open() has chosen it just now. */
        old = f;
        ret = -EBUSY;
    } else {
        files->fds[newfd] = (struct fd){.file = f, .busy = true, .cloexec = cloexec};
    }
    spin_unlock(&files->lock);
    fput(old);
    return ret;
}

SYSCALL3(dup3, int, oldfd, int, newfd, int, flags)
{
    struct file *f;

    if (flags & ~O_CLOEXEC || oldfd == newfd)
        return -EINVAL;
    if (newfd < 0 || (size_t)newfd >= fd_limit())
        return -EBADF;
    f = fget_path(oldfd);
    return f ? fd_replace(f, (size_t)newfd, flags & O_CLOEXEC) : -EBADF;
}
