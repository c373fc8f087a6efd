/* SPDX-License-Identifier: MIT */
/*
 * mmap and munmap: putting areas in and taking them out; and the system calls themselves.
 *
 * Both change nothing when they fail. What may run short is looked at, and what has to be allocated
 * is allocated, before anything that was there goes.
 */
#include "kernel/errno.h"
#include "kernel/fs/shmem.h"
#include "kernel/fs/vfs.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/mman.h"
#include "mm/memory_impl.h"

unsigned sysctl_max_map_count = MAX_MAP_COUNT;

/* PROT_* have the values of VM_*. */
_Static_assert((PROT_READ | PROT_WRITE << 4 | PROT_EXEC << 8) ==
                   (VM_READ | VM_WRITE << 4 | VM_EXEC << 8),
               "mmap(2) and areas spell access the same way");

/* --- limits --- */

/* RLIMIT_DATA counts what mm->data_vm does: private memory that may be written, stacks not. */
static bool may_expand_data(struct mm_struct *mm, size_t pages)
{
    const struct rlimit *limit = &current->rlim[RLIMIT_DATA];
    /* A soft limit of 0 stands for the hard one: programs set it for their heap alone. */
    uint64_t bytes = limit->cur ? limit->cur : limit->max;

    return bytes == RLIM_INFINITY || mm->data_vm + pages <= bytes >> PAGE_SHIFT;
}

bool may_expand_vm(struct mm_struct *mm, unsigned vm_flags, size_t pages)
{
    uint64_t limit = current->rlim[RLIMIT_AS].cur;
    bool data = (vm_flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE;

    if (limit != RLIM_INFINITY && mm->total_vm + pages > limit >> PAGE_SHIFT)
        return false;
    return !data || may_expand_data(mm, pages);
}

/* --- where --- */

/* MAP_32BIT: addresses that fit in 31 bits, for code that computes with 32, signed. */
#define LOW_MAPPINGS_START (1 * GiB)
#define LOW_MAPPINGS_END   (2 * GiB)

/* Nothing is in [addr, addr + size), and what lies above it is left its guard gap. */
static bool range_free(struct mm_struct *mm, vaddr_t addr, size_t size)
{
    const struct vm_area_struct *next = find_vma(mm, addr);

    return !next || addr + size <= vma_guarded_start(next);
}

/* Just there, over whatever is there already, or not at all. */
static long fixed_address(struct mm_struct *mm, vaddr_t addr, size_t size, int flags)
{
    if (addr > mm->task_size - size)
        return -ENOMEM;
    if (!IS_ALIGNED(addr, PAGE_SIZE))
        return -EINVAL;
    if (addr < MMAP_MIN_ADDR)
        return -EPERM;
    if ((flags & MAP_FIXED_NOREPLACE) && find_vma_intersection(mm, addr, addr + size))
        return -EEXIST;
    return (long)addr;
}

long get_unmapped_area(struct mm_struct *mm, vaddr_t addr, size_t size, int flags)
{
    vaddr_t end = flags & MAP_32BIT ? LOW_MAPPINGS_END : mm->task_size;

    if (size > mm->task_size)
        return -ENOMEM;
    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))
        return fixed_address(mm, addr, size, flags);
    if (size > end)
        return -ENOMEM;
    addr = ALIGN_DOWN(addr, PAGE_SIZE);
    if (addr) {
        addr = max(addr, MMAP_MIN_ADDR);
        if (addr <= end - size && range_free(mm, addr, size))
            return (long)addr;
    }
    if (flags & MAP_32BIT)
        return find_free_range_in(mm, size, LOW_MAPPINGS_START, LOW_MAPPINGS_END);
    return find_free_range(mm, size);
}

/* --- areas in and out --- */

/* The new area is complete before the old ones go. */
static int map_over(struct mm_struct *mm, vaddr_t addr, size_t size, unsigned vm_flags,
                    struct file *file, uint64_t pgoff)
{
    struct vm_area_struct *vma = vma_create(mm, addr, addr + size, vm_flags, file, pgoff);

    if (IS_ERR(vma))
        return (int)PTR_ERR(vma);
    int err = do_munmap(mm, addr, size);
    if (err) {
        vma_free(vma);
        return err;
    }
    vma_insert(mm, vma);
    vma_merge(vma);
    return 0;
}

/* In a range that get_unmapped_area() gave; `over` what may be there already, or not. */
static long map_at(struct mm_struct *mm, vaddr_t addr, size_t size, unsigned vm_flags,
                   struct file *file, uint64_t pgoff, bool over)
{
    size_t replaced = over ? mapped_pages(mm, addr, addr + size, 0) : 0;

    if (!may_expand_vm(mm, vm_flags, (size >> PAGE_SHIFT) - replaced))
        return -ENOMEM;
    if (replaced) {
        int err = map_over(mm, addr, size, vm_flags, file, pgoff);
        return err ? err : (long)addr;
    }
    struct vm_area_struct *vma = vma_map(mm, addr, addr + size, vm_flags, file, pgoff);
    return IS_ERR(vma) ? PTR_ERR(vma) : (long)addr;
}

long do_mmap(struct mm_struct *mm, vaddr_t addr, size_t size, unsigned vm_flags, struct file *file,
             uint64_t pgoff, bool fixed)
{
    long found = get_unmapped_area(mm, fixed ? addr : 0, size, fixed ? MAP_FIXED : 0);

    return found < 0 ? found : map_at(mm, (vaddr_t)found, size, vm_flags, file, pgoff, fixed);
}

int do_munmap(struct mm_struct *mm, vaddr_t start, size_t size)
{
    vaddr_t end = start + size;
    struct vm_area_struct *prev, *next, *vma = find_vma_prev(mm, start, &prev);
    struct gather g;

    if (!vma || vma->vm_start >= end)
        return 0;
    if (vma->vm_start < start && vma->vm_end > end) {
        if (mm->map_count >= sysctl_max_map_count || vma_split(vma, end))
            return -ENOMEM;
    }

    mm->hiwater_rss = max(mm->hiwater_rss, mm_rss(mm));
    gather_begin(&g, mm);
    gather_pages(&g, start, end);
    if (vma->vm_start < start) {
        vma_resize(vma, vma->vm_start, start);
        prev = vma;
        vma = vma_next(vma);
    }
    for (; vma && vma->vm_end <= end; vma = next) {
        next = vma_next(vma);
        vma_remove(mm, vma);
        vma_free(vma);
        cond_resched();
    }
    if (vma && vma->vm_start < end)
        vma_resize(vma, end, vma->vm_end);
    gather_tables(&g, start, end, prev ? prev->vm_end : 0, vma ? vma->vm_start : USER_END);
    gather_end(&g);
    return 0;
}

/* --- mmap(2) --- */

/* What MAP_SHARED_VALIDATE knows. It was made with MAP_FIXED_NOREPLACE unknown, and stayed so. */
#define KNOWN_FLAGS                                                                                \
    (MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_DENYWRITE | MAP_EXECUTABLE |       \
     MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB |          \
     MAP_32BIT | MAP_ABOVE4G | MAP_UNINITIALIZED)

/* What the area may ever be, by what it is a mapping of: VM_*, or -errno. */
static int anonymous_kind(int flags)
{
    switch (flags & MAP_TYPE) {
    case MAP_SHARED:
        return flags & MAP_GROWSDOWN ? -EINVAL : VM_SHARED | VM_MAYSHARE | VM_MAYWRITE;
    case MAP_PRIVATE:
        return VM_MAYWRITE;
    default:
        return -EINVAL;
    }
}

static int file_kind(const struct file *file, size_t size, uint64_t pgoff, int prot, int flags)
{
    unsigned mode = file->f_flags & O_ACCMODE;
    bool readable = mode == O_RDONLY || mode == O_RDWR;
    bool writable = mode == O_WRONLY || mode == O_RDWR;
    bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;

    /* A file ends before its size would be negative. */
    if (S_ISREG(file->f_inode->i_mode) && pgoff > ((uint64_t)INT64_MAX - size) >> PAGE_SHIFT)
        return -EOVERFLOW;
    if ((flags & MAP_TYPE) == MAP_SHARED_VALIDATE && (flags & ~KNOWN_FLAGS))
        return -EOPNOTSUPP;
    if ((flags & MAP_TYPE) == 0 || (flags & MAP_TYPE) > MAP_SHARED_VALIDATE)
        return -EINVAL;
    if (!readable || (shared && (prot & PROT_WRITE) && !writable))
        return -EACCES;
    if (!file->f_op->mmap)
        return -ENODEV;
    if (flags & MAP_GROWSDOWN)
        return -EINVAL;
    if (!shared)
        return VM_MAYWRITE;
    /* Of a file that is not open for writing, MAP_SHARED only means that changes are seen. */
    return VM_MAYSHARE | (writable ? VM_SHARED | VM_MAYWRITE : 0);
}

/* May it be locked, if it is to be? */
static int lock_error(struct mm_struct *mm, size_t size, unsigned vm_flags, int flags)
{
    if ((flags & MAP_LOCKED) && !can_do_mlock())
        return -EPERM;
    if ((vm_flags & VM_LOCKED) && !may_lock(mm, size >> PAGE_SHIFT))
        return -EAGAIN;
    return 0;
}

/*
 * A file may be sealed against stores, or be about to be: until the area is where that would be
 * noticed, mapping_map_writable() stands for it. Takes flags away that the file does not allow.
 */
static long map_file(struct mm_struct *mm, vaddr_t addr, size_t size, unsigned *vm_flags,
                     struct file *file, uint64_t pgoff, bool over)
{
    struct address_space *mapping = &file_inode(file)->i_data;
    int err = file->f_op->mmap_flags ? file->f_op->mmap_flags(file, vm_flags) : 0;
    bool stores = (*vm_flags & VM_SHARED) && (*vm_flags & VM_MAYWRITE);

    if (!err && stores)
        err = mapping_map_writable(mapping);
    if (err)
        return err;
    long ret = map_at(mm, addr, size, *vm_flags, file, pgoff, over);
    if (stores)
        mapping_unmap_writable(mapping);
    return ret;
}

/*
 * Checks in the order in which Linux makes them, which decides between two errors. *vm_flags
 * becomes the area's. mmap_lock held for writing.
 */
static long mmap_locked(struct mm_struct *mm, vaddr_t addr, size_t size, int prot, int flags,
                        struct file *file, uint64_t pgoff, unsigned *vm_flags)
{
    struct file *shared = NULL;

    if (pgoff + (size >> PAGE_SHIFT) < pgoff)
        return -EOVERFLOW;
    if (mm->map_count > sysctl_max_map_count)
        return -ENOMEM;
    long ret = get_unmapped_area(mm, addr, size, flags);
    if (ret < 0)
        return ret;

    *vm_flags = ((unsigned)prot & VM_ACCESS) | VM_MAYREAD | VM_MAYEXEC | mm->def_flags;
    *vm_flags |= (flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0) | (flags & MAP_LOCKED ? VM_LOCKED : 0) |
                 (flags & MAP_NORESERVE ? VM_NORESERVE : 0);
    int err = lock_error(mm, size, *vm_flags, flags);
    if (err)
        return err;
    int kind = file ? file_kind(file, size, pgoff, prot, flags) : anonymous_kind(flags);
    if (kind < 0)
        return kind;
    *vm_flags |= (unsigned)kind;
    if (!file && (*vm_flags & VM_SHARED)) {
        shared = shmem_file_setup("dev/zero", (loff_t)size, 0);
        if (IS_ERR(shared))
            return PTR_ERR(shared);
        file = shared;
        pgoff = 0;
    }
    if (file)
        ret = map_file(mm, (vaddr_t)ret, size, vm_flags, file, pgoff, flags & MAP_FIXED);
    else
        ret = map_at(mm, (vaddr_t)ret, size, *vm_flags, NULL, 0, flags & MAP_FIXED);
    fput(shared);
    return ret;
}

/* Is memory with these flags to be filled at once? */
static bool wants_populate(unsigned vm_flags, int flags)
{
    if (vm_flags & VM_LOCKONFAULT)
        return false;
    return (vm_flags & VM_LOCKED) || (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
}

bool read_implies_exec(int prot)
{
    return (prot & PROT_READ) && (current->personality & READ_IMPLIES_EXEC);
}

SYSCALL6(mmap, uaddr_t, addr, size_t, len, int, prot, int, flags, int, fd, uint64_t, offset)
{
    struct mm_struct *mm = current->mm;
    size_t size = ALIGN_UP(len, PAGE_SIZE);
    struct file *file = NULL;
    unsigned vm_flags;
    long ret;

    if (read_implies_exec(prot))
        prot |= PROT_EXEC;
    if (!IS_ALIGNED(offset, PAGE_SIZE))
        return -EINVAL;
    if (!(flags & MAP_ANONYMOUS) && !(file = fget(fd)))
        return -EBADF;
    if (len == 0 || (flags & MAP_HUGETLB)) {
        ret = -EINVAL; /* there are no huge pages to be had */
    } else if (size == 0) {
        ret = -ENOMEM;
    } else {
        down_write(&mm->mmap_lock);
        ret = mmap_locked(mm, addr, size, prot, flags, file, offset >> PAGE_SHIFT, &vm_flags);
        up_write(&mm->mmap_lock);
        if (ret >= 0 && wants_populate(vm_flags, flags))
            mm_populate(mm, (vaddr_t)ret, (vaddr_t)ret + size);
    }
    fput(file);
    return ret;
}

SYSCALL2(munmap, uaddr_t, addr, size_t, len)
{
    struct mm_struct *mm = current->mm;
    size_t size = ALIGN_UP(len, PAGE_SIZE);

    if (!IS_ALIGNED(addr, PAGE_SIZE) || len == 0 || size == 0)
        return -EINVAL;
    if (size > mm->task_size || addr > mm->task_size - size)
        return -EINVAL;
    down_write(&mm->mmap_lock);
    int err = do_munmap(mm, addr, size);
    up_write(&mm->mmap_lock);
    return err;
}
