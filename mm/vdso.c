/* SPDX-License-Identifier: MIT */
/* See mm/vdso.h. One page, shared by all: read and executed, and copied by whoever writes to it. */
#include "mm/vdso.h"

#include "kernel/errno.h"
#include "kernel/panic.h"
#include "kernel/string.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"

/* A debugger that sets a breakpoint gives itself the right to write, and gets a copy. */
#define VDSO_FLAGS (VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_DONTEXPAND)

static struct page *vdso_page;

void vdso_init(void)
{
    vdso_page = alloc_page(GFP_KERNEL);
    BUG_ON(!vdso_page);
    memcpy(page_address(vdso_page), vdso_image, PAGE_SIZE);
}

/* mremap() may have made the area larger: there is no more than one page. */
static struct page *vdso_fault(struct vm_area_struct *vma, vaddr_t va)
{
    if (va - vma->vm_start >= PAGE_SIZE)
        return ERR_PTR(-EFAULT);
    get_page(vdso_page);
    return vdso_page;
}

static const char *vdso_name(struct vm_area_struct *vma)
{
    (void)vma;
    return "[vdso]";
}

static const struct vm_operations vdso_vm_ops = {.fault = vdso_fault, .name = vdso_name};

int vdso_map(struct mm_struct *mm, vaddr_t va)
{
    struct vm_area_struct *vma;

    if (find_vma_intersection(mm, va, va + PAGE_SIZE)) {
        long found = find_free_range(mm, PAGE_SIZE);
        if (found < 0)
            return (int)found;
        va = (vaddr_t)found;
    }
    vma = vma_alloc(mm, va, va + PAGE_SIZE, VDSO_FLAGS, NULL, 0);
    if (!vma)
        return -ENOMEM;
    vma->vm_ops = &vdso_vm_ops;
    vma_insert(mm, vma);
    mm->vdso = va;
    return 0;
}

vaddr_t vdso_sigreturn_address(const struct mm_struct *mm)
{
    return mm->vdso ? mm->vdso + (vaddr_t)(vdso_sigreturn - vdso_image) : 0;
}
