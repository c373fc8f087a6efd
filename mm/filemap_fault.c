/* SPDX-License-Identifier: MIT */
/* Faults on mapped files: the page comes straight from the cache, the same for every process. */
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/sched.h"
#include "mm/filemap.h"
#include "mm/memory_impl.h"
#include "mm/vmstat.h"

/* Pages that the file has some of. */
static uint64_t file_pages(struct inode *inode)
{
    return ((uint64_t)READ_ONCE(inode->i_size) + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* Beyond the file's last page there is nothing to show: SIGBUS. */
static struct page *filemap_fault(struct vm_area_struct *vma, vaddr_t va)
{
    struct inode *inode = file_inode(vma->vm_file);
    uint64_t index = vma_pgoff(vma, va);

    if (index >= file_pages(inode))
        return ERR_PTR(-EFAULT);
    struct page *page = find_uptodate_page(&inode->i_data, index);
    if (page)
        return page;
    if (inode->i_data.ops->write_page) {
        current->maj_flt++;
        count_vm_event(PGMAJFAULT);
    }
    return read_mapping_page(&inode->i_data, index);
}

static void filemap_cached(struct vm_area_struct *vma, vaddr_t va, size_t n, struct page **pages)
{
    find_uptodate_pages(&file_inode(vma->vm_file)->i_data, vma_pgoff(vma, va), n, pages);
}

bool page_is_current(const struct vm_area_struct *vma, const struct page *page)
{
    if (!vma->vm_file)
        return true;
    struct inode *inode = file_inode(vma->vm_file);
    return READ_ONCE(page->mapping) == &inode->i_data && page->index < file_pages(inode);
}

const struct vm_operations filemap_vm_ops = {.fault = filemap_fault, .cached = filemap_cached};
