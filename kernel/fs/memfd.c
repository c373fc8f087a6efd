/* SPDX-License-Identifier: MIT */
/* memfd_create(2): a file that is only memory, known by its descriptor alone. */
#include "kernel/fs/internal.h"
#include "kernel/fs/shmem.h"
#include "kernel/string.h"
#include "kernel/syscall.h"

enum {
    MFD_CLOEXEC = 1,
    MFD_ALLOW_SEALING = 2,
    MFD_HUGETLB = 4,
    MFD_NOEXEC_SEAL = 8,
    MFD_EXEC = 16,
};
#define MFD_FLAGS (MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB | MFD_NOEXEC_SEAL | MFD_EXEC)
/* With MFD_HUGETLB: the size of its pages, as a logarithm. */
#define MFD_HUGE_SIZE (0x3fu << 26)

#define NAME_PREFIX   "memfd:"
#define MAX_NAME      (NAME_MAX - (sizeof(NAME_PREFIX) - 1)) /* bytes of the caller's name */

static bool flags_ok(unsigned flags)
{
    unsigned known = MFD_FLAGS | (flags & MFD_HUGETLB ? MFD_HUGE_SIZE : 0);

    return !(flags & ~known) &&
           (flags & (MFD_EXEC | MFD_NOEXEC_SEAL)) != (MFD_EXEC | MFD_NOEXEC_SEAL);
}

static struct file *make_memfd(const char *name, unsigned flags)
{
    struct file *f;

    if (flags & MFD_HUGETLB)
        return ERR_PTR(-ENOSYS); /* there are no huge pages to be had */
    f = shmem_file_setup(name, 0, 0);
    if (IS_ERR(f))
        return f;
    if (flags & MFD_NOEXEC_SEAL) {
        f->f_inode->i_mode &= ~(unsigned)S_IXUGO;
        shmem_init_seals(f, F_SEAL_EXEC);
    } else if (flags & MFD_ALLOW_SEALING) {
        shmem_init_seals(f, 0);
    }
    return f;
}

SYSCALL2(memfd_create, uaddr_t, uname, unsigned, flags)
{
    char name[sizeof(NAME_PREFIX) + MAX_NAME] = NAME_PREFIX;
    struct file *f;
    ssize_t n;

    if (!flags_ok(flags))
        return -EINVAL;
    n = strncpy_from_user(name + sizeof(NAME_PREFIX) - 1, uname, MAX_NAME + 1);
    if (n < 0)
        return n == -ENAMETOOLONG ? -EINVAL : n;
    f = make_memfd(name, flags);
    return IS_ERR(f) ? PTR_ERR(f) : fd_install(f, 0, flags & MFD_CLOEXEC);
}
