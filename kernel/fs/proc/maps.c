/* SPDX-License-Identifier: MIT */
/*
 * procfs: a process's areas, one line each (maps), and with what is behind their pages (smaps); the
 * formats are Linux's (proc(5)).
 *
 * The text is made with mmap_lock held for reading from first to last area, so it shows one moment.
 * smaps holds page_table_lock while it looks at leaves, a bounded stretch at a time.
 */
#include "kernel/errno.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/mm.h"
#include "mm/slab.h"

#define NAME_COLUMN  73  /* where an area's name stands in its line */
#define WALK_ENTRIES 512 /* page-table entries looked at under one hold of page_table_lock */

/* What an area without a file is called, or NULL. */
static const char *anonymous_name(const struct vm_area_struct *vma)
{
    const struct mm_struct *mm = vma->vm_mm;

    if (vma->vm_start <= mm->start_stack && vma->vm_end > mm->start_stack)
        return "[stack]";
    if (vma->vm_start < mm->brk && vma->vm_end > mm->start_brk)
        return "[heap]";
    if (mm->vdso && vma->vm_start == mm->vdso)
        return "[vdso]";
    return NULL;
}

/* A path with what would break the line apart (a newline) as an octal escape. */
static void show_path(struct seq_file *m, const char *path)
{
    for (const char *end; (end = strchr(path, '\n')); path = end + 1) {
        seq_write(m, path, (size_t)(end - path));
        seq_printf(m, "\\012");
    }
    seq_printf(m, "%s", path);
}

static void show_area(struct seq_file *m, const struct vm_area_struct *vma, char *path_buf)
{
    size_t line = m->count;
    unsigned flags = vma->vm_flags;
    const struct inode *inode = vma->vm_file ? vma->vm_file->f_inode : NULL;
    dev_t dev = inode ? inode->i_sb->dev : 0;
    const char *name = inode ? NULL : anonymous_name(vma);

    seq_printf(m, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", vma->vm_start, vma->vm_end,
               flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-',
               flags & VM_EXEC ? 'x' : '-', flags & VM_SHARED ? 's' : 'p',
               inode ? vma->vm_pgoff << PAGE_SHIFT : 0, MAJOR(dev), MINOR(dev),
               inode ? inode->i_ino : 0);
    if (inode || name) {
        int pad = NAME_COLUMN - (int)(m->count - line);
        seq_printf(m, "%*s", max(pad, 1), "");
    }
    if (inode)
        show_path(m, d_path(vma->vm_file->f_dentry, path_buf, PATH_MAX));
    else if (name)
        seq_printf(m, "%s", name);
    seq_printf(m, "\n");
}

/* --- smaps --- */

struct page_sums { /* bytes; pss in units of a byte / 4096 */
    size_t rss, pss, shared_clean, shared_dirty, private_clean, private_dirty, referenced,
        anonymous;
};

static void add_page(struct page_sums *sums, struct page *page, unsigned prot)
{
    int users = max(atomic_load(&page->mapcount), 1);
    bool dirty = (prot & P_DIRTY) || page_test(page, PG_dirty) || page_test(page, PG_anon);

    sums->rss += PAGE_SIZE;
    sums->pss += (PAGE_SIZE << PAGE_SHIFT) / (unsigned)users;
    if (prot & P_ACCESSED)
        sums->referenced += PAGE_SIZE;
    if (page_test(page, PG_anon))
        sums->anonymous += PAGE_SIZE;
    if (users > 1)
        *(dirty ? &sums->shared_dirty : &sums->shared_clean) += PAGE_SIZE;
    else
        *(dirty ? &sums->private_dirty : &sums->private_clean) += PAGE_SIZE;
}

/* The page behind an entry that is in use, if it is one that has a struct page, or NULL. */
static struct page *entry_page(const struct pt_cursor *c, unsigned *prot)
{
    pfn_t pfn;

    *prot = 0;
    if (pte_kind(c->pte, c->level) == PTE_LEAF) {
        pfn = pte_paddr(c->pte, c->level) >> PAGE_SHIFT;
        *prot = pte_prot(c->pte, c->level);
    } else if (pte_is_hidden(c->pte)) {
        pfn = pte_hidden_pfn(c->pte);
    } else {
        return NULL;
    }
    return pfn_valid(pfn) ? pfn_to_page(pfn) : NULL;
}

/*
 * Sums up from `va` on, for so many entries as page_table_lock may be held for at a time; what is
 * absent costs next to nothing. Returns where to go on, or the area's end.
 */
static vaddr_t sum_some(struct page_sums *sums, struct vm_area_struct *vma, vaddr_t va)
{
    struct mm_struct *mm = vma->vm_mm;
    struct pt_cursor c;
    unsigned left = WALK_ENTRIES;

    spin_lock(&mm->page_table_lock);
    pt_for_each_used(&c, &mm->pt, va, vma->vm_end)
    {
        unsigned prot;
        if (left-- == 0)
            break;
        struct page *page = entry_page(&c, &prot);
        if (page && page != zero_page) /* that one is nobody's memory */
            add_page(sums, page, prot);
    }
    spin_unlock(&mm->page_table_lock);
    return min(c.va, vma->vm_end);
}

static void show_sums(struct seq_file *m, const struct page_sums *sums, size_t size)
{
    const struct {
        const char *label;
        size_t bytes;
    } lines[] = {
        {"Size:", size},
        {"KernelPageSize:", PAGE_SIZE},
        {"MMUPageSize:", PAGE_SIZE},
        {"Rss:", sums->rss},
        {"Pss:", sums->pss >> PAGE_SHIFT},
        {"Shared_Clean:", sums->shared_clean},
        {"Shared_Dirty:", sums->shared_dirty},
        {"Private_Clean:", sums->private_clean},
        {"Private_Dirty:", sums->private_dirty},
        {"Referenced:", sums->referenced},
        {"Anonymous:", sums->anonymous},
        {"Swap:", 0},
        {"SwapPss:", 0},
        {"Locked:", 0},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++)
        seq_printf(m, "%-16s%8lu kB\n", lines[i].label, lines[i].bytes / KiB);
}

static void show_flags(struct seq_file *m, unsigned flags)
{
    static const struct {
        unsigned flag;
        const char *name;
    } names[] = {
        {VM_READ, "rd"},    {VM_WRITE, "wr"},    {VM_EXEC, "ex"},    {VM_SHARED, "sh"},
        {VM_MAYREAD, "mr"}, {VM_MAYWRITE, "mw"}, {VM_MAYEXEC, "me"}, {VM_GROWSDOWN, "gd"},
    };

    seq_printf(m, "VmFlags: ");
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (flags & names[i].flag)
            seq_printf(m, "%s ", names[i].name);
    seq_printf(m, "\n");
}

static void show_area_pages(struct seq_file *m, struct vm_area_struct *vma, char *path_buf)
{
    struct page_sums sums = {0};

    for (vaddr_t va = vma->vm_start; va < vma->vm_end;) {
        va = sum_some(&sums, vma, va);
        cond_resched();
    }
    show_area(m, vma, path_buf);
    show_sums(m, &sums, vma->vm_end - vma->vm_start);
    show_flags(m, vma->vm_flags);
}

static int show_areas(struct seq_file *m, struct task_struct *t, bool with_pages)
{
    char *path_buf = kmalloc(PATH_MAX, GFP_KERNEL);
    struct mm_struct *mm = get_task_mm(t);
    struct vm_area_struct *vma;

    if (path_buf && mm) {
        down_read(&mm->mmap_lock);
        for_each_vma (mm, vma) {
            if (m->failed || fatal_signal_pending(current))
                break;
            if (with_pages)
                show_area_pages(m, vma, path_buf);
            else
                show_area(m, vma, path_buf);
        }
        up_read(&mm->mmap_lock);
    }
    mmput(mm);
    kfree(path_buf);
    return path_buf ? 0 : -ENOMEM;
}

int proc_show_maps(struct seq_file *m, struct task_struct *t)
{
    return show_areas(m, t, false);
}

int proc_show_smaps(struct seq_file *m, struct task_struct *t)
{
    return show_areas(m, t, true);
}
