/* SPDX-License-Identifier: MIT */
/* Faults on mapped files: the page comes straight from the page cache, the same for every process.
 */
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "mm/filemap.h"
#include "mm/mm.h"

/* Beyond the file's last page there is nothing to show: SIGBUS. */
static struct page *filemap_fault(struct vm_area_struct *vma, vaddr_t va)
{
    struct inode *inode = file_inode(vma->vm_file);
    uint64_t index = vma->vm_pgoff + ((va - vma->vm_start) >> PAGE_SHIFT);

    if (index >= ((uint64_t)READ_ONCE(inode->i_size) + PAGE_SIZE - 1) >> PAGE_SHIFT)
        return ERR_PTR(-EFAULT);
    return read_mapping_page(&inode->i_data, index);
}

const struct vm_operations filemap_vm_ops = {.fault = filemap_fault};
