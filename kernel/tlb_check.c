/* SPDX-License-Identifier: MIT */
/*
 * Do other CPUs forget translations? See tlb_check.h.
 *
 * One address, two pages, and a thread for each other CPU. In round n the address shows the page
 * that holds the number n; when all readers have seen it, the other page is given the number n + 1
 * and takes its place. A reader whose CPU goes by the translation of the round before reads n once
 * more, and no harm is done.
 *
 * The kernel is not preempted: a reader that does not go to sleep as a task has its CPU for itself,
 * and keeps the address space that it has borrowed there. Its CPU waits for the next round as an
 * idle one does; but one reader, in every other round, spins with interrupts off as one who waits
 * for a lock. (Not all of them: there may be fewer real CPUs than virtual ones.)
 */
#include "kernel/tlb_check.h"

#include "kernel/errno.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"
#include "mm/uaccess.h"
#include "mm/vmalloc.h"

#define ROUNDS   (2 * MAX_CPUS)        /* so that each reader spins once */
#define PATIENCE (400 * NSEC_PER_MSEC) /* with one round: as long CPUs may be kept from others */

static atomic_flag busy = ATOMIC_FLAG_INIT;

/* Whoever has set `busy` fills it in while there are no readers. */
static struct {
    vaddr_t va;
    struct mm_struct *mm; /* whose user half it is in; NULL: the kernel half */
    struct page *pages[2];
    _Atomic ktime_t deadline; /* of the round */
    atomic_uint round;
    atomic_uint looked;  /* readers that have looked, in all rounds together */
    atomic_uint stale;   /* how many of them saw the page of the round before, or none */
    atomic_uint readers; /* that have not left */
} check;

static bool in_time(void)
{
    return arch_clock() < atomic_load(&check.deadline);
}

/* --- the readers --- */

/* False when it has not come in time. */
static bool wait_for_round(unsigned round, bool spin)
{
    arch_irq_disable();
    while (atomic_load(&check.round) < round && in_time()) {
        /* The timer that would end the sleep is off once others are known to want this CPU. */
        if (spin || atomic_load(&this_cpu()->need_resched)) {
            arch_relax();
        } else {
            arch_wait_for_interrupt();
            arch_irq_enable();
            arch_irq_disable();
        }
    }
    arch_irq_enable();
    return atomic_load(&check.round) >= round;
}

static unsigned look(void)
{
    unsigned value = 0;

    if (!check.mm)
        return *(const volatile unsigned *)check.va;
    return copy_from_user(&value, check.va, sizeof(value)) ? 0 : value;
}

static void reader(void *arg)
{
    unsigned index = (unsigned)(uintptr_t)arg;

    cond_resched();
    if (check.mm)
        mm_activate(check.mm);
    for (unsigned round = 1; round <= ROUNDS; round++) {
        bool spin = round % 2 && round / 2 % (nr_cpus - 1) == index;
        if (!wait_for_round(round, spin))
            break;
        if (look() != round)
            atomic_fetch_add(&check.stale, 1);
        atomic_fetch_add(&check.looked, 1);
    }
    if (check.mm)
        mm_activate(NULL);
    atomic_fetch_sub(&check.readers, 1);
}

/* --- who changes the page --- */

static struct page_table *table(void)
{
    return check.mm ? &check.mm->pt : &kernel_table;
}

static unsigned prot(void)
{
    return check.mm ? P_READ | P_USER | P_ACCESSED : P_KERNEL;
}

static paddr_t page_of(unsigned round)
{
    struct page *page = check.pages[round % 2];

    *(unsigned *)page_address(page) = round;
    return page_to_phys(page);
}

/* A user half is flushed by address and as a whole, in turn. */
static void begin_round(unsigned round)
{
    struct pt_cursor c;

    pt_seek(&c, table(), check.va);
    pt_set(&c, pte_leaf(page_of(round), prot(), 0));
    if (!check.mm)
        tlb_flush_kernel(check.va, check.va + PAGE_SIZE);
    else if (round % 4 < 2)
        tlb_flush_range(&check.mm->arch, check.va, check.va + PAGE_SIZE);
    else
        tlb_flush_mm(&check.mm->arch);
    atomic_store(&check.deadline, arch_clock() + PATIENCE);
    atomic_store(&check.round, round);
    for_each_cpu (cpu)
        if (cpu != this_cpu() && atomic_load(&cpu->online))
            arch_ipi_reschedule(cpu->id);
}

/*
 * False when a round has taken too long: then readers have left, too. Whoever waits lets those run
 * that it waits for.
 */
static bool all_rounds(unsigned readers)
{
    for (unsigned round = 1; round <= ROUNDS; round++) {
        begin_round(round);
        while (atomic_load(&check.looked) < round * readers && in_time())
            yield();
        if (!in_time())
            return false;
    }
    return true;
}

/* As many readers as there are other CPUs, or as memory allows. */
static unsigned start_readers(void)
{
    unsigned others = 0, started = 0;

    for_each_cpu (cpu)
        others += atomic_load(&cpu->online);
    for (others--; started < others; started++) {
        atomic_fetch_add(&check.readers, 1);
        if (!kthread_create(reader, (void *)(uintptr_t)started, "tlb-check")) {
            atomic_fetch_sub(&check.readers, 1);
            break;
        }
    }
    return started;
}

/* The address shows one of the pages already. */
static int run_check(void)
{
    atomic_store(&check.round, 0);
    atomic_store(&check.looked, 0);
    atomic_store(&check.stale, 0);
    atomic_store(&check.deadline, arch_clock() + PATIENCE);

    bool done = all_rounds(start_readers());
    while (atomic_load(&check.readers))
        yield();
    unsigned stale = atomic_load(&check.stale);
    if (stale)
        pr_err("tlb check: %u of %u reads of %s memory by other CPUs found an old page\n", stale,
               atomic_load(&check.looked), check.mm ? "user" : "kernel");
    return stale ? -EIO : done ? 0 : -EBUSY;
}

static int check_kernel_half(void)
{
    void *va = vmap(check.pages, 1, P_KERNEL);

    if (!va)
        return -ENOMEM;
    check.va = (vaddr_t)va;
    check.mm = NULL;
    int err = run_check();
    vunmap(va);
    purge_vmap_areas();
    return err;
}

/* In an area that allows no access, so that no fault puts a page there. mmap_lock held. */
static int check_user_half(struct mm_struct *mm)
{
    long va = do_mmap(mm, 0, PAGE_SIZE, 0, NULL, 0, false);

    if (va < 0)
        return (int)va;
    check.va = (vaddr_t)va;
    check.mm = mm;
    int err = pt_map(&mm->pt, check.va, page_to_phys(check.pages[0]), PAGE_SIZE, prot(), 0);
    if (!err)
        err = run_check();
    pt_unmap(&mm->pt, check.va, PAGE_SIZE);
    tlb_flush_mm(&mm->arch);
    int unmapped = do_munmap(mm, check.va, PAGE_SIZE);
    return err ? err : unmapped;
}

static int check_both(void)
{
    int err = check_kernel_half();

    if (err)
        return err;
    down_write(&current->mm->mmap_lock);
    err = check_user_half(current->mm);
    up_write(&current->mm->mmap_lock);
    return err;
}

int tlb_check(void)
{
    int err = -ENOMEM;

    if (atomic_flag_test_and_set(&busy))
        return -EBUSY;
    check.pages[0] = alloc_page(GFP_KERNEL);
    check.pages[1] = alloc_page(GFP_KERNEL);
    if (check.pages[0] && check.pages[1])
        err = check_both();
    for (int i = 0; i < 2; i++)
        if (check.pages[i])
            put_page(check.pages[i]);
    atomic_flag_clear(&busy);
    return err;
}
