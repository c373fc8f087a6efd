/* SPDX-License-Identifier: MIT */
/*
 * procfs: /proc/PID/pagemap, in Linux's format: 64 bits for each page of the user half, at 8 times
 * the page's number, which say whether and where the page is.
 *
 * mmap_lock is held for reading and page_table_lock inside it while a batch of words is made.
 */
#include "kernel/fs/proc/proc.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/mm.h"

#define PM_PRESENT   (1ull << 63)
#define PM_FILE      (1ull << 61) /* of a file, or shared anonymous */
#define PM_EXCLUSIVE (1ull << 56) /* mapped by this entry alone */
#define PM_PFN_MASK  ((1ull << 55) - 1)

/* A hidden page is there too, though no access finds it: Linux calls it present. */
static uint64_t page_word(const struct page *page)
{
    uint64_t word = PM_PRESENT | (page_to_pfn(page) & PM_PFN_MASK);

    if (page == zero_page)
        return word;
    if (!page_test(page, PG_anon))
        word |= PM_FILE;
    if (atomic_load(&page->mapcount) == 1)
        word |= PM_EXCLUSIVE;
    return word;
}

static void make_words(uint64_t *words, uint64_t first, size_t n, void *arg)
{
    struct mm_struct *mm = arg;
    struct pt_cursor c;

    memset(words, 0, n * sizeof(words[0]));
    down_read(&mm->mmap_lock);
    spin_lock(&mm->page_table_lock);
    pt_for_each_used(&c, &mm->pt, first << PAGE_SHIFT, (first + n) << PAGE_SHIFT)
    {
        words[(c.va >> PAGE_SHIFT) - first] = page_word(entry_page(c.pte));
    }
    spin_unlock(&mm->page_table_lock);
    up_read(&mm->mmap_lock);
}

ssize_t proc_read_pagemap(struct task_struct *t, uaddr_t buf, size_t n, loff_t *pos)
{
    struct mm_struct *mm = get_task_mm(t);
    ssize_t result = mm ? proc_read_words(buf, n, pos, TASK_SIZE >> PAGE_SHIFT, make_words, mm) : 0;

    mmput(mm);
    return result;
}
