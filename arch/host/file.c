/* SPDX-License-Identifier: MIT */
/*
 * Files as far as mm/ looks at them: a reference count, a size, and pages in the page cache, each
 * of them full of one byte that a test can foretell.
 */
#include "arch/host/host.h"
#include "kernel/errno.h"
#include "kernel/fs/flusher.h"
#include "kernel/fs/shmem.h"
#include "kernel/fs/vfs.h"
#include "kernel/panic.h"
#include "kernel/string.h"
#include "mm/mm.h"
#include "mm/slab.h"

struct host_file {
    struct file file;
    struct inode inode;
    uint8_t first; /* page n is full of first + n */
    bool zeroes;   /* or of zeroes */
};

static struct host_file *host_file_of(struct file *file)
{
    return container_of(file, struct host_file, file);
}

static int read_page(struct address_space *mapping, struct page *page)
{
    const struct host_file *f =
        container_of((struct inode *)mapping->host, struct host_file, inode);

    memset(page_address(page), f->zeroes ? 0 : (uint8_t)(f->first + page->index), PAGE_SIZE);
    return 0;
}

static const struct address_space_operations ops = {.read_page = read_page};

static int map_file(struct file *file, struct vm_area_struct *vma)
{
    (void)file;
    vma->vm_ops = &filemap_vm_ops;
    return 0;
}

static const struct file_operations file_operations = {.mmap = map_file};

/* NULL: no memory. */
static struct host_file *create(size_t size)
{
    struct host_file *f = kzalloc(sizeof(*f), GFP_KERNEL);

    if (!f)
        return NULL;
    f->file.f_flags = O_RDWR;
    f->file.f_inode = &f->inode;
    f->file.f_op = &file_operations;
    f->inode.i_mode = S_IFREG;
    f->inode.i_size = (loff_t)size;
    mapping_init(&f->inode.i_data, &f->inode, &ops);
    atomic_init(&f->file.f_count, 1);
    return f;
}

struct file *host_file_create(size_t n, uint8_t first)
{
    struct host_file *f = create(n * PAGE_SIZE);

    BUG_ON(!f);
    f->first = first;
    return &f->file;
}

struct file *shmem_file_setup(const char *name, loff_t size, unsigned flags)
{
    struct host_file *f = create((size_t)size);

    (void)name;
    (void)flags;
    if (!f)
        return ERR_PTR(-ENOMEM);
    f->zeroes = true;
    return &f->file;
}

struct file *get_file(struct file *file)
{
    atomic_fetch_add(&file->f_count, 1);
    return file;
}

void fput(struct file *file)
{
    if (!file || atomic_fetch_sub(&file->f_count, 1) != 1)
        return;
    truncate_pages(&file->f_inode->i_data, 0);
    kfree(host_file_of(file));
}

/* No file has a descriptor here. */
struct file *fget(int fd)
{
    (void)fd;
    return NULL;
}

int deny_write_access(struct inode *inode)
{
    (void)inode;
    return 0;
}

void allow_write_access(struct inode *inode)
{
    (void)inode;
}

/* No task writes dirty pages back in the background. */
void flusher_wake(void)
{
}

void flusher_hurry(void)
{
}

bool flusher_help(void)
{
    return false;
}
