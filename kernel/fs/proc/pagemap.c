/* SPDX-License-Identifier: MIT */
/*
 * procfs: /proc/PID/pagemap, in Linux's format: 64 bits for each page of the user half, at 8 times
 * the page's number, which say whether and where the page is.
 *
 * mmap_lock is held for reading and page_table_lock inside it while a batch of words is made;
 * neither while they are copied to the reader, whose own memory may be what is shown.
 */
#include "kernel/errno.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/string.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "mm/uaccess.h"

#define PM_PRESENT   (1ull << 63)
#define PM_FILE      (1ull << 61) /* of a file, or shared anonymous */
#define PM_EXCLUSIVE (1ull << 56) /* mapped by this entry alone */
#define PM_PFN_MASK  ((1ull << 55) - 1)

#define ENTRY_SIZE   sizeof(uint64_t)
#define BATCH        (PAGE_SIZE / ENTRY_SIZE) /* words made under one hold of the locks */

/* A hidden page is there too, though no access finds it: Linux calls it present. */
static uint64_t page_word(pfn_t pfn)
{
    uint64_t word = PM_PRESENT | (pfn & PM_PFN_MASK);
    struct page *page = pfn_valid(pfn) ? pfn_to_page(pfn) : NULL;

    if (!page || page == zero_page)
        return word;
    if (!page_test(page, PG_anon))
        word |= PM_FILE;
    if (atomic_load(&page->mapcount) == 1)
        word |= PM_EXCLUSIVE;
    return word;
}

/* The words for the pages from `start` on that the entry covers, as far as `end`. */
static void entry_words(const struct pt_cursor *c, vaddr_t start, vaddr_t end, uint64_t *words)
{
    bool leaf = pte_kind(c->pte, c->level) == PTE_LEAF;
    vaddr_t from = max(c->va, start), to = min(c->va + pt_size(c->level), end);

    if (!leaf && !pte_is_hidden(c->pte))
        return;
    pfn_t pfn = leaf ? (pte_paddr(c->pte, c->level) + (from - c->va)) >> PAGE_SHIFT
                     : pte_hidden_pfn(c->pte);
    for (vaddr_t va = from; va < to; va += PAGE_SIZE)
        words[(va - start) >> PAGE_SHIFT] = page_word(pfn++);
}

static void make_words(struct mm_struct *mm, vaddr_t start, vaddr_t end, uint64_t *words)
{
    struct pt_cursor c;

    memset(words, 0, ((end - start) >> PAGE_SHIFT) * ENTRY_SIZE);
    down_read(&mm->mmap_lock);
    spin_lock(&mm->page_table_lock);
    pt_for_each_used(&c, &mm->pt, start, end)
    {
        entry_words(&c, start, end, words);
    }
    spin_unlock(&mm->page_table_lock);
    up_read(&mm->mmap_lock);
}

/* Pages `page` to `last` (exclusive). Bytes copied, or -errno when there are none. */
static ssize_t copy_words(struct mm_struct *mm, uaddr_t buf, uint64_t page, uint64_t last)
{
    uint64_t *words = kmalloc(BATCH * ENTRY_SIZE, GFP_KERNEL);
    size_t done = 0;
    int err = words ? 0 : -ENOMEM;

    while (!err && page < last) {
        size_t n = min(last - page, BATCH);

        make_words(mm, page << PAGE_SHIFT, (page + n) << PAGE_SHIFT, words);
        if (copy_to_user(buf + done, words, n * ENTRY_SIZE) != 0) {
            err = -EFAULT;
        } else {
            done += n * ENTRY_SIZE;
            page += n;
            cond_resched();
            if (fatal_signal_pending(current))
                err = -EINTR;
        }
    }
    kfree(words);
    return done ? (ssize_t)done : err;
}

ssize_t proc_read_pagemap(struct task_struct *t, uaddr_t buf, size_t n, loff_t *pos)
{
    uint64_t page = (uint64_t)*pos / ENTRY_SIZE, pages = TASK_SIZE >> PAGE_SHIFT;
    ssize_t result = 0;

    if ((uint64_t)*pos % ENTRY_SIZE || n % ENTRY_SIZE)
        return -EINVAL;
    struct mm_struct *mm = get_task_mm(t);
    if (mm && page < pages)
        result = copy_words(mm, buf, page, page + min(n / ENTRY_SIZE, pages - page));
    mmput(mm);
    if (result > 0)
        *pos += result;
    return result;
}
