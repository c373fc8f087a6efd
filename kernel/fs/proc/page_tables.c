/* SPDX-License-Identifier: MIT */
/*
 * procfs: the page tables themselves, as runs of raw entries: of the kernel half
 * (kernel_page_tables) and of a process's own half (page_tables). One line per run:
 *
 *     START-END LEVEL KIND ENTRY STEP COUNT TABLE PROT
 *
 * The entries of a run lie in the table at physical address TABLE, on LEVEL (0 is the last); the
 * first is the word ENTRY, each next one STEP more. A run has more than one entry when they are of
 * one kind, map with equal flags, and their pages go up or down in memory one by one, or are all
 * the same; an entry that points to a table is always alone, and the lines of that table follow.
 * END is exclusive, modulo 2^64.
 *
 * And page_table_root: the used entries of a process's root, the kernel half's among them, as they
 * stand in that very table: lines `SLOT ENTRY`.
 *
 * No entry is locked while it is read: each is the word that stood there at that moment. A
 * process's tables stay because mmap_lock is held for reading; the kernel half's are never removed.
 */
#include "kernel/fs/proc/proc.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "mm/mm.h"

struct dump {
    struct seq_file *m;
    /* The run so far; count 0: none. */
    struct pt_entry first;
    unsigned prot;
    size_t count;
    pte_t step, last;
};

static const char *kind_name(const struct pt_entry *e)
{
    switch (pte_kind(e->pte, e->level)) {
    case PTE_TABLE:
        return "table";
    case PTE_LEAF:
        return "leaf";
    default:
        return "soft"; /* absent for hardware, not for us */
    }
}

static void prot_letters(unsigned prot, char out[10])
{
    static const struct {
        unsigned flag;
        char letter;
    } letters[9] = {
        {P_READ, 'r'},   {P_WRITE, 'w'},    {P_EXEC, 'x'},  {P_USER, 'u'}, {P_GLOBAL, 'g'},
        {P_DEVICE, 'D'}, {P_ACCESSED, 'a'}, {P_DIRTY, 'd'}, {P_SOFT, 's'},
    };

    for (int i = 0; i < 9; i++)
        out[i] = prot & letters[i].flag ? letters[i].letter : '-';
    out[9] = '\0';
}

static void end_run(struct dump *d)
{
    const struct pt_entry *e = &d->first;
    char prot[10] = "-";

    if (d->count == 0)
        return;
    if (pte_kind(e->pte, e->level) == PTE_LEAF)
        prot_letters(d->prot, prot);
    seq_printf(d->m, "%016lx-%016lx %d %s %016lx %lx %lu %lx %s\n", e->va,
               e->va + d->count * pt_size(e->level), e->level, kind_name(e), e->pte, d->step,
               d->count, e->table, prot);
    d->count = 0;
}

/* Where the page is that a leaf or a hidden page's entry tells of. */
static paddr_t page_address_of(pte_t pte, int level)
{
    if (pte_kind(pte, level) == PTE_LEAF)
        return pte_paddr(pte, level);
    return pte_hidden_pfn(pte) << PAGE_SHIFT;
}

/* Whether the entry goes on where the run is, with a step that is the run's or may become it. */
static bool continues(const struct dump *d, const struct pt_entry *e, unsigned prot)
{
    const struct pt_entry *first = &d->first;
    size_t size = pt_size(e->level);

    if (d->count == 0 || e->table != first->table || prot != d->prot ||
        e->va != first->va + d->count * size ||
        pte_kind(e->pte, e->level) != pte_kind(first->pte, e->level))
        return false;
    if (d->count > 1)
        return e->pte - d->last == d->step;
    paddr_t step = page_address_of(e->pte, e->level) - page_address_of(d->last, e->level);
    return step == size || step == -size || step == 0;
}

static bool dump_entry(const struct pt_entry *e, void *arg)
{
    struct dump *d = arg;
    enum pte_kind kind = pte_kind(e->pte, e->level);
    unsigned prot = kind == PTE_LEAF ? pte_prot(e->pte, e->level) : 0;

    if (kind != PTE_TABLE && continues(d, e, prot)) {
        d->step = e->pte - d->last;
        d->count++;
    } else {
        end_run(d);
        d->first = *e;
        d->prot = prot;
        d->count = 1;
        d->step = 0;
    }
    d->last = e->pte;
    if (kind == PTE_TABLE) {
        end_run(d);
        cond_resched();
    }
    return !d->m->failed && !fatal_signal_pending(current);
}

static void dump_header(struct seq_file *m)
{
    seq_printf(m, "# START-END LEVEL KIND ENTRY STEP COUNT TABLE PROT\n");
}

static void dump_range(struct seq_file *m, struct page_table *pt, vaddr_t start, vaddr_t end)
{
    struct dump d = {.m = m};

    pt_walk(pt, start, end, dump_entry, &d);
    end_run(&d);
}

void proc_show_kernel_page_tables(struct seq_file *m)
{
    dump_header(m);
    dump_range(m, &kernel_table, KERNEL_HALF, 0);
}

int proc_show_page_tables(struct seq_file *m, struct task_struct *t)
{
    struct mm_struct *mm = get_task_mm(t);

    dump_header(m);
    if (mm) {
        down_read(&mm->mmap_lock);
        dump_range(m, &mm->pt, 0, USER_END);
        up_read(&mm->mmap_lock);
    }
    mmput(mm);
    return 0;
}

int proc_show_page_table_root(struct seq_file *m, struct task_struct *t)
{
    struct mm_struct *mm = get_task_mm(t);

    if (mm) {
        seq_printf(m, "# SLOT ENTRY, of the table at %lx\n", page_table_phys(&mm->pt));
        for (int slot = 0; slot < ROOT_SLOTS; slot++) {
            pte_t entry = atomic_load(&mm->pt.root[slot]);
            if (entry)
                seq_printf(m, "%d %016lx\n", slot, entry);
        }
    }
    mmput(mm);
    return 0;
}
