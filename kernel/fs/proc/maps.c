/* SPDX-License-Identifier: MIT */
/*
 * procfs: a process's areas, one line each; the format is Linux's (proc(5)).
 *
 * A piece of text is made with mmap_lock held for reading, so that it shows one moment; the next
 * goes on at the address where this one ended, whatever has happened to the areas meanwhile.
 */
#include "kernel/errno.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/mm.h"
#include "mm/slab.h"

#define NAME_COLUMN 73 /* where an area's name stands in its line */

/* What an area is called that has no file, or whose pages say more than its file; or NULL. */
static const char *special_name(struct vm_area_struct *vma)
{
    const struct mm_struct *mm = vma->vm_mm;

    if (vma->vm_ops && vma->vm_ops->name)
        return vma->vm_ops->name(vma);
    if (vma->vm_file)
        return NULL;
    if (vma->vm_start <= mm->start_stack && vma->vm_end > mm->start_stack)
        return "[stack]";
    if (vma->vm_start < mm->brk && vma->vm_end > mm->start_brk)
        return "[heap]";
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

/* A line up to where its name stands, if it has one. */
static void show_prefix(struct seq_file *m, vaddr_t start, vaddr_t end, unsigned flags,
                        uint64_t offset, const struct inode *inode, bool named)
{
    size_t line = m->count;
    dev_t dev = inode ? inode->i_sb->dev : 0;

    seq_printf(m, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", start, end,
               flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-',
               flags & VM_EXEC ? 'x' : '-', flags & VM_MAYSHARE ? 's' : 'p', offset, MAJOR(dev),
               MINOR(dev), inode ? inode->i_ino : 0);
    if (named)
        seq_printf(m, "%*s", max(NAME_COLUMN - (int)(m->count - line), 1), "");
}

void proc_show_range(struct seq_file *m, vaddr_t start, vaddr_t end, const char *name)
{
    show_prefix(m, start, end, 0, 0, NULL, true);
    seq_printf(m, "%s\n", name);
}

void proc_show_area(struct seq_file *m, struct vm_area_struct *vma, char *path_buf)
{
    const struct inode *inode = vma->vm_file ? vma->vm_file->f_inode : NULL;
    const char *name = special_name(vma);

    show_prefix(m, vma->vm_start, vma->vm_end, vma->vm_flags,
                inode ? vma->vm_pgoff << PAGE_SHIFT : 0, inode, name || inode);
    if (name)
        seq_printf(m, "%s", name);
    else if (inode)
        show_path(m, d_path(vma->vm_file->f_dentry, path_buf, PATH_MAX));
    seq_printf(m, "\n");
}

int proc_show_areas(struct seq_file *m, struct task_struct *t, uint64_t *place, proc_area_fn *fn)
{
    char *path_buf = kmalloc(PATH_MAX, GFP_KERNEL);

    if (!path_buf)
        return -ENOMEM;
    struct mm_struct *mm = get_task_mm(t);
    vaddr_t from = *place;
    *place = PROC_END;
    if (mm) {
        down_read(&mm->mmap_lock);
        struct vm_area_struct *vma = find_vma(mm, from);
        for (; vma && m->count < PROC_PIECE && !m->failed; vma = vma_next(vma))
            fn(m, vma, path_buf);
        if (vma)
            *place = vma->vm_start;
        up_read(&mm->mmap_lock);
    }
    mmput(mm);
    kfree(path_buf);
    return 0;
}

int proc_show_maps(struct seq_file *m, struct task_struct *t, uint64_t *place)
{
    return proc_show_areas(m, t, place, proc_show_area);
}
