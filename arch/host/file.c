/* SPDX-License-Identifier: MIT */
/*
 * Files as far as mm/ looks at them: a reference count, a size, and pages in the page cache, each
 * of them full of one byte, which is all that the disk holds of it.
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
    uint8_t *disk; /* what each page is full of, there; NULL: the file is only memory */
};

static struct host_file *host_file_of(struct file *file)
{
    return container_of(file, struct host_file, file);
}

static uint8_t *on_disk(struct address_space *mapping, const struct page *page)
{
    const struct host_file *f =
        container_of((struct inode *)mapping->host, struct host_file, inode);

    BUG_ON(page->index >= (uint64_t)f->inode.i_size >> PAGE_SHIFT);
    return &f->disk[page->index];
}

static int read_page(struct address_space *mapping, struct page *page)
{
    memset(page_address(page), *on_disk(mapping, page), PAGE_SIZE);
    return 0;
}

static int write_page(struct address_space *mapping, struct page *page)
{
    const uint8_t *bytes = page_address(page);

    *on_disk(mapping, page) = bytes[0];
    for (size_t i = 0; i < PAGE_SIZE; i++)
        BUG_ON(bytes[i] != bytes[0]);
    return 0;
}

static int read_zeroes(struct address_space *mapping, struct page *page)
{
    (void)mapping;
    memset(page_address(page), 0, PAGE_SIZE);
    return 0;
}

static const struct address_space_operations disk_ops = {.read_page = read_page,
                                                         .write_page = write_page};
static const struct address_space_operations memory_ops = {.read_page = read_zeroes};

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
    mapping_init(&f->inode.i_data, &f->inode, &memory_ops);
    atomic_init(&f->file.f_count, 1);
    return f;
}

struct file *host_file_create(size_t n, uint8_t first)
{
    struct host_file *f = create(n * PAGE_SIZE);

    BUG_ON(!f);
    f->inode.i_data.ops = &disk_ops;
    f->disk = kmalloc(n, GFP_KERNEL);
    BUG_ON(!f->disk);
    for (size_t i = 0; i < n; i++)
        f->disk[i] = (uint8_t)(first + i);
    return &f->file;
}

struct file *shmem_file_setup(const char *name, loff_t size, unsigned flags)
{
    struct host_file *f = create((size_t)size);

    (void)name;
    (void)flags;
    return f ? &f->file : ERR_PTR(-ENOMEM);
}

uint8_t *host_file_disk(struct file *file)
{
    return host_file_of(file)->disk;
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
    kfree(host_file_of(file)->disk);
    kfree(host_file_of(file));
}

struct file *host_descriptors[HOST_DESCRIPTORS];

struct file *fget(int fd)
{
    struct file *file = fd >= 0 && fd < HOST_DESCRIPTORS ? host_descriptors[fd] : NULL;

    return file ? get_file(file) : NULL;
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
