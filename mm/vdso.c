/* SPDX-License-Identifier: MIT */
/* See mm/vdso.h. One page, shared by all: read and execute only, and never given away. */
#include "mm/vdso.h"

#include <arch/sigframe.h>
#include "kernel/errno.h"
#include "kernel/panic.h"
#include "kernel/string.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"

static struct page *vdso_page; /* NULL where programs need none */

void vdso_init(void)
{
    size_t size;
    const void *code = arch_sigreturn_code(&size);

    if (!code)
        return;
    vdso_page = alloc_page(GFP_KERNEL | GFP_ZERO);
    BUG_ON(!vdso_page);
    memcpy(page_address(vdso_page), code, size);
}

static struct page *vdso_fault(struct vm_area_struct *vma, vaddr_t va)
{
    (void)vma;
    (void)va;
    get_page(vdso_page);
    return vdso_page;
}

static const char *vdso_name(struct vm_area_struct *vma)
{
    (void)vma;
    return "[vdso]";
}

const struct vm_operations vdso_vm_ops = {.fault = vdso_fault, .name = vdso_name};

int vdso_map(struct mm_struct *mm)
{
    if (!vdso_page)
        return 0;
    long va = find_free_range(mm, PAGE_SIZE);
    if (va < 0)
        return (int)va;
    struct vm_area_struct *vma = vma_alloc(mm, (vaddr_t)va, (vaddr_t)va + PAGE_SIZE,
                                           VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYEXEC, NULL, 0);
    if (!vma)
        return -ENOMEM;
    vma->vm_ops = &vdso_vm_ops;
    vma_insert(mm, vma);
    mm->vdso = (vaddr_t)va;
    return 0;
}
