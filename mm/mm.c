/* SPDX-License-Identifier: MIT */
/* The life of an mm_struct: made by exec or fork, gone when its last user is. */
#include "mm/mm.h"

#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/lazyfree.h"
#include "mm/memory_impl.h"
#include "mm/slab.h"
#include "mm/vdso.h"

static struct kmem_cache *mm_cache;
atomic_int nr_oom_victims;
atomic_ulong oom_progress;
struct wait_queue oom_victim_gone = WAIT_QUEUE_INIT(oom_victim_gone);

void mm_init(void)
{
    mm_cache = kmem_cache_create("mm_struct", sizeof(struct mm_struct), 0);
    zero_page = alloc_page(GFP_KERNEL | GFP_ZERO);
    BUG_ON(!mm_cache || !zero_page);
    rmap_init();
    lazyfree_init();
    vma_init();
    vdso_init();
}

/* Of the family that `av` (one reference, taken over; NULL: no memory) stands for. */
static struct mm_struct *mm_alloc_in(struct anon_vma *av)
{
    struct mm_struct *mm = av ? kmem_cache_alloc(mm_cache, GFP_USER | GFP_ZERO) : NULL;

    if (!mm || pt_create(&mm->pt)) {
        anon_vma_put(av);
        if (mm)
            kmem_cache_free(mm_cache, mm);
        return NULL;
    }
    mm->anon_vma = av;
    mm->task_size = TASK_SIZE;
    list_init(&mm->mmap);
    rwsem_init(&mm->mmap_lock, "mmap_lock", RANK_MMAP);
    spin_lock_init(&mm->page_table_lock, "page_table_lock", RANK_PAGE_TABLE);
    arch_mm_init(&mm->arch);
    atomic_init(&mm->mm_users, 1);
    return mm;
}

struct mm_struct *mm_alloc(void)
{
    return mm_alloc_in(anon_vma_alloc());
}

int set_exe_file(struct mm_struct *mm, struct file *file)
{
    int err = file ? deny_write_access(file_inode(file)) : 0;

    if (file && !err)
        mm->exe_file = get_file(file);
    return err;
}

/* What exec wrote down about the layout, and where brk and mmap have moved it. */
static void copy_layout(struct mm_struct *mm, const struct mm_struct *old)
{
    mm->mmap_base = old->mmap_base;
    mm->mmap_bottom_up = old->mmap_bottom_up;
    mm->start_code = old->start_code;
    mm->end_code = old->end_code;
    mm->start_data = old->start_data;
    mm->end_data = old->end_data;
    mm->start_brk = old->start_brk;
    mm->brk = old->brk;
    mm->start_stack = old->start_stack;
    mm->arg_start = old->arg_start;
    mm->arg_end = old->arg_end;
    mm->env_start = old->env_start;
    mm->env_end = old->env_end;
    mm->vdso = old->vdso;
    memcpy(mm->saved_auxv, old->saved_auxv, sizeof(mm->saved_auxv));
    set_exe_file(mm, old->exe_file);
}

/*
 * The area, with its pages, in `mm` too; locks are the parent's alone. *protected: see
 * copy_range().
 */
static int copy_area(struct mm_struct *mm, struct vm_area_struct *vma, bool *protected)
{
    struct vm_area_struct *copy = vma_copy(vma);
    bool empty = vma->vm_flags & VM_WIPEONFORK;

    if (!copy)
        return -ENOMEM;
    copy->vm_flags &= ~(unsigned)VM_LOCKED_MASK;
    if (empty)
        copy->anon_vma = NULL;
    vma_insert(mm, copy);
    int err = empty ? 0 : copy_range(copy, vma, protected);
    /* A lock may have been all that told it from its neighbour. */
    vma_merge(copy);
    return err;
}

static int copy_areas(struct mm_struct *mm, struct mm_struct *old, bool *protected)
{
    struct vm_area_struct *vma;

    for_each_vma (old, vma) {
        /* One that is killed for its memory may use the reserves: not for this. */
        if (fatal_signal_pending(current))
            return -EINTR;
        if (vma->vm_flags & VM_DONTCOPY)
            continue;
        int err = copy_area(mm, vma, protected);
        if (err)
            return err;
        cond_resched();
    }
    return 0;
}

struct mm_struct *mm_dup(struct mm_struct *old)
{
    struct mm_struct *mm = mm_alloc_in(anon_vma_get(old->anon_vma));
    bool protected = false;

    if (!mm)
        return NULL;
    down_write(&old->mmap_lock);
    copy_layout(mm, old);
    int err = copy_areas(mm, old, &protected);
    /* The parent may no longer write to what it now shares. */
    if (protected)
        tlb_flush_mm(&old->arch);
    up_write(&old->mmap_lock);
    if (!err)
        return mm;
    mmput(mm);
    return NULL;
}

void mmput(struct mm_struct *mm)
{
    struct vm_area_struct *vma, *next;
    struct gather g;

    if (!mm || atomic_fetch_sub(&mm->mm_users, 1) != 1)
        return;

    /* No CPU uses the table, and its tag is not given to another before a flush. */
    mm->dying = true;
    gather_begin(&g, mm);
    list_for_each_entry_safe (vma, next, &mm->mmap, vm_list) {
        const struct vm_area_struct *above = vma_next(vma);
        gather_pages(&g, vma->vm_start, vma->vm_end);
        /* Who comes from a page may be looking at the tables until now. */
        rmap_lock(vma);
        rmap_unlink(vma);
        rmap_unlock(vma);
        gather_tables(&g, vma->vm_start, vma->vm_end, 0, above ? above->vm_start : USER_END);
        vma_free(vma);
        cond_resched();
    }
    gather_end(&g);
    pt_destroy(&mm->pt);
    anon_vma_put(mm->anon_vma);
    if (mm->exe_file) {
        allow_write_access(file_inode(mm->exe_file));
        fput(mm->exe_file);
    }
    atomic_fetch_sub_explicit(&nr_mlocked, (long)mm->locked_vm, memory_order_relaxed);
    if (mm->oom_victim) {
        atomic_fetch_sub(&nr_oom_victims, 1);
        wake_up_all(&oom_victim_gone);
    }
    kmem_cache_free(mm_cache, mm);
}

struct mm_struct *get_task_mm(struct task_struct *t)
{
    struct mm_struct *mm;

    spin_lock(&tasklist_lock);
    mm = t->mm;
    if (mm)
        atomic_fetch_add(&mm->mm_users, 1);
    spin_unlock(&tasklist_lock);
    return mm;
}

void mm_activate(struct mm_struct *mm)
{
    irqflags_t flags = arch_irq_save();

    arch_mm_switch(mm ? &mm->arch : NULL, page_table_phys(mm ? &mm->pt : &kernel_table));
    this_cpu()->active_mm = mm ? &mm->arch : NULL;
    arch_irq_restore(flags);
}
