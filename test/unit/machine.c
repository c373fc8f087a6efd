/* SPDX-License-Identifier: MIT */
/* Between tests and the machine under test; main.c speaks to the host's libc instead. */
#include "test/unit/machine.h"

#include <arch/smp.h>
#include "arch/host/host.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"
#include "test/unit/unit.h"

void unit_map_memory(void)
{
    host_map_memory();
}

void unit_boot(void)
{
    host_boot();
}

void unit_expect_panic(jmp_buf *env)
{
    host_panic_expected = env;
}

void unit_check_panic(const char *file, int line, const char *text)
{
    char what[1024];

    if (strstr(host_panic_message, text))
        return;
    snprintf(what, sizeof(what), "the panic says \"%s\", not \"%s\"", host_panic_message, text);
    unit_fail(file, line, what);
}

size_t free_when_idle(void)
{
    struct page_counts counts;

    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
        host_run_on_cpu(cpu);
        shrink_all(SIZE_MAX);
    }
    host_run_on_cpu(0);
    page_alloc_counts(&counts);
    return counts.free;
}

void run_process(struct mm_struct *mm)
{
    host_run_on_cpu((unsigned)random_below(MAX_CPUS));
    current->mm = mm;
    mm_activate(mm);
}

void end_process(struct mm_struct *mm)
{
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
        host_run_on_cpu(cpu);
        if (this_cpu()->active_mm == &mm->arch)
            mm_activate(NULL);
    }
    current->mm = NULL;
    mmput(mm);
}

long map_pages(struct mm_struct *mm, vaddr_t addr, size_t pages, unsigned vm_flags,
               struct file *file, uint64_t pgoff, bool fixed)
{
    down_write(&mm->mmap_lock);
    long at = do_mmap(mm, addr, pages * PAGE_SIZE, vm_flags, file, pgoff, fixed);
    up_write(&mm->mmap_lock);
    return at;
}

int unmap_pages(struct mm_struct *mm, vaddr_t addr, size_t pages)
{
    down_write(&mm->mmap_lock);
    int err = do_munmap(mm, addr, pages * PAGE_SIZE);
    up_write(&mm->mmap_lock);
    return err;
}
