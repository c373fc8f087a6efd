/* SPDX-License-Identifier: MIT */
/*
 * Seals (fcntl(2)): the owner of a file gives up what could be done to it, for good, so that who is
 * handed the file can rely on it. They are on the inode and only become more.
 *
 * i_lock guards them, so who writes or resizes looks at them once. Stores through mappings cannot
 * ask; therefore F_SEAL_WRITE is refused while there is an area that may store to the file, and
 * from then on none is made. mmap() comes without i_lock: it is told apart by i_mmap_writable,
 * which counts the calls that are about to add an area to i_mmap, and is -1 once there may be none.
 */
#include "kernel/fs/shmem.h"
#include "kernel/fs/tmpfs/tmpfs.h"
#include "mm/vma.h"

#define ALL_SEALS                                                                                  \
    (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | F_SEAL_EXEC)
#define WRITE_SEALS (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)

int tmpfs_may_resize(struct inode *inode, loff_t size)
{
    unsigned seals = tmpfs_inode(inode)->seals;

    if ((size < inode->i_size && seals & F_SEAL_SHRINK) ||
        (size > inode->i_size && seals & F_SEAL_GROW))
        return -EPERM;
    return 0;
}

int tmpfs_may_punch(struct inode *inode)
{
    return tmpfs_inode(inode)->seals & WRITE_SEALS ? -EPERM : 0;
}

/* A page of which any part is refused is not written at all. */
ssize_t tmpfs_may_write(struct inode *inode, loff_t pos, size_t n)
{
    loff_t whole_pages = (loff_t)ALIGN_DOWN((uint64_t)inode->i_size, PAGE_SIZE);
    unsigned seals = tmpfs_inode(inode)->seals;

    if (seals & WRITE_SEALS)
        return -EPERM;
    if (!(seals & F_SEAL_GROW) || (pos <= inode->i_size && n <= (size_t)(inode->i_size - pos)))
        return (ssize_t)n;
    return pos < whole_pages ? whole_pages - pos : -EPERM;
}

int tmpfs_may_chmod(struct inode *inode, unsigned mode)
{
    bool changes = (inode->i_mode ^ mode) & S_IXUGO;

    return changes && tmpfs_inode(inode)->seals & F_SEAL_EXEC ? -EPERM : 0;
}

/* What is only read now shall not be made writable by mprotect(). */
int tmpfs_mmap_flags(struct file *f, unsigned *vm_flags)
{
    unsigned seals = READ_ONCE(tmpfs_inode(f->f_inode)->seals);

    if (!(seals & WRITE_SEALS) || !(*vm_flags & VM_SHARED))
        return 0;
    if (*vm_flags & VM_WRITE)
        return -EPERM;
    *vm_flags &= ~(unsigned)VM_MAYWRITE;
    return 0;
}

/* No area may store to the file from now on; -EBUSY if one can. */
static int deny_writable_areas(struct address_space *m)
{
    struct vm_area_struct *vma;
    struct rmap_iter it;
    int none = 0, err = 0;

    if (!atomic_compare_exchange_strong(&m->i_mmap_writable, &none, -1))
        return -EBUSY;
    mutex_lock(&m->i_mmap.lock);
    for (vma = rmap_first(&m->i_mmap, &it, 0, UINT64_MAX); vma && !err; vma = rmap_next(&it))
        if ((vma->vm_flags & VM_SHARED) && (vma->vm_flags & VM_MAYWRITE))
            err = -EBUSY;
    mutex_unlock(&m->i_mmap.lock);
    if (err)
        atomic_store(&m->i_mmap_writable, 0);
    return err;
}

static int add_seals_locked(struct inode *inode, unsigned seals)
{
    struct tmpfs_inode *info = tmpfs_inode(inode);
    int err = 0;

    if (info->seals & F_SEAL_SEAL)
        return -EPERM;
    /* What may be executed, and always will be, shall not change either. */
    if (seals & F_SEAL_EXEC && inode->i_mode & S_IXUGO)
        seals |= F_SEAL_SHRINK | F_SEAL_GROW | WRITE_SEALS;
    if (seals & F_SEAL_WRITE && !(info->seals & F_SEAL_WRITE))
        err = deny_writable_areas(&inode->i_data);
    if (!err)
        WRITE_ONCE(info->seals, info->seals | seals);
    return err;
}

int shmem_add_seals(struct file *f, unsigned seals)
{
    int err;

    if ((f->f_flags & O_ACCMODE) == O_RDONLY)
        return -EPERM;
    if (seals & ~(unsigned)ALL_SEALS || !is_shmem_file(f))
        return -EINVAL;
    mutex_lock(&f->f_inode->i_lock);
    err = add_seals_locked(f->f_inode, seals);
    mutex_unlock(&f->f_inode->i_lock);
    return err;
}

int shmem_get_seals(struct file *f)
{
    return is_shmem_file(f) ? (int)READ_ONCE(tmpfs_inode(f->f_inode)->seals) : -EINVAL;
}

void shmem_init_seals(struct file *f, unsigned seals)
{
    tmpfs_inode(f->f_inode)->seals = seals;
}
