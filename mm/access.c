/* SPDX-License-Identifier: MIT */
/* Reading and writing a process's memory from outside, page by page through its page table. */
#include <arch/trap.h>
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/filemap.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"

/*
 * May these bytes be changed through the page? Those of a process's own page that nobody else
 * shows, and what the process itself could write to.
 */
static bool may_write(const struct page *page, unsigned prot)
{
    return prot & P_WRITE || (page_test(page, PG_anon) && !page_test(page, PG_lazyfree) &&
                              atomic_load(&page->mapcount) == 1);
}

/* The page that is present at `va`, referenced; NULL when none is, or none to be written to. */
static struct page *present_page(struct mm_struct *mm, vaddr_t va, bool write)
{
    struct page *page = NULL;
    struct pt_cursor c;

    spin_lock(&mm->page_table_lock);
    pt_seek(&c, &mm->pt, va);
    if (pte_kind(c.pte, c.level) == PTE_LEAF) {
        page = phys_to_page(pte_paddr(c.pte, c.level));
        if (!write || may_write(page, pte_prot(c.pte, c.level)))
            get_page(page);
        else
            page = NULL;
    }
    spin_unlock(&mm->page_table_lock);
    return page;
}

/* The page at `va`, filled in or copied if need be; NULL when the process may have none there. */
static struct page *process_page(struct mm_struct *mm, vaddr_t va, bool write)
{
    struct vm_area_struct *vma = vma_lookup(mm, va);

    if (!vma || !(vma->vm_flags & VM_ACCESS))
        return NULL;
    /* What is shared would not be copied. */
    if (write && (vma->vm_flags & VM_SHARED) && !(vma->vm_flags & VM_WRITE))
        return NULL;
    for (int tries = 0; tries < 3; tries++) {
        struct page *page = present_page(mm, va, write);
        if (page)
            return page;
        if (fault_in_page(vma, va, write ? FAULT_WRITE : FAULT_READ))
            return NULL;
    }
    return NULL;
}

static size_t copy(struct mm_struct *mm, vaddr_t addr, char *buf, size_t n, bool write)
{
    size_t done = 0;

    down_read(&mm->mmap_lock);
    while (done < n) {
        struct page *page = process_page(mm, addr + done, write);
        if (!page)
            break;
        size_t offset = (addr + done) & (PAGE_SIZE - 1);
        size_t chunk = min(n - done, PAGE_SIZE - offset);
        char *bytes = kmap_local(page);
        if (write)
            memcpy(bytes + offset, buf + done, chunk);
        else
            memcpy(buf + done, bytes + offset, chunk);
        kunmap_local(bytes);
        /* It may have been written back between the look at its entry and these bytes. */
        if (write && page_test(page, PG_cache))
            mark_page_dirty(page);
        put_page(page);
        done += chunk;
    }
    up_read(&mm->mmap_lock);
    return done;
}

size_t access_process_vm(struct mm_struct *mm, vaddr_t addr, void *buf, size_t n)
{
    return copy(mm, addr, buf, n, false);
}

size_t write_process_vm(struct mm_struct *mm, vaddr_t addr, const void *buf, size_t n)
{
    return copy(mm, addr, (char *)buf, n, true);
}
