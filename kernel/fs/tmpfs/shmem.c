/* SPDX-License-Identifier: MIT */
/*
 * Files of tmpfs that have no name, for kernel/fs/shmem.h. They are on a volume of their own, which
 * is mounted nowhere and has no limits but that of all such files together.
 */
#include "kernel/fs/shmem.h"
#include "kernel/fs/internal.h"
#include "kernel/fs/tmpfs/tmpfs.h"
#include "kernel/panic.h"

static struct super_block *nameless;

void tmpfs_shmem_init(void)
{
    struct tmpfs_volume *vol = tmpfs_make_volume(get_anon_dev());

    if (IS_ERR(vol))
        panic("no memory for the volume of unnamed files");
    nameless = &vol->sb;
}

bool is_shmem_file(const struct file *f)
{
    return f->f_op == &tmpfs_file_operations;
}

/* For paths: "/name (deleted)". Takes over the reference to inode in any case; NULL: no memory. */
static struct dentry *make_dentry(struct inode *inode, const char *name)
{
    size_t len = strlen(name);
    char *path = kmalloc(len + 2, GFP_KERNEL);
    struct dentry *d = NULL;

    if (path) {
        path[0] = '/';
        memcpy(path + 1, name, len + 1);
        d = d_make_nameless(inode, path);
        kfree(path);
    }
    if (d)
        d->d_unlinked = true;
    iput(inode);
    return d;
}

struct file *shmem_file_setup(const char *name, loff_t size, unsigned flags)
{
    struct inode *inode;
    struct dentry *d;
    struct file *f;

    if (size < 0)
        return ERR_PTR(-EINVAL);
    inode = tmpfs_new_inode(nameless, S_IFREG | S_IRWXUGO, 0);
    if (IS_ERR(inode))
        return ERR_PTR(PTR_ERR(inode));
    inode->i_nlink = 0;
    inode->i_size = size;
    d = make_dentry(inode, name);
    if (!d)
        return ERR_PTR(-ENOMEM);
    f = alloc_file(d, inode, O_RDWR | flags, &tmpfs_file_operations);
    if (!f) {
        dput(d);
        return ERR_PTR(-ENOMEM);
    }
    return f;
}
