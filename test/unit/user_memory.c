/* SPDX-License-Identifier: MIT */
/* What a program sees of its heap and stack, and what the kernel's copies make of any address. */
#include <arch/smp.h>
#include <arch/trap.h>
#include "arch/host/host.h"
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/mm.h"
#include "mm/uaccess.h"
#include "test/unit/machine.h"
#include "test/unit/unit.h"

#define HEAP_PAGES 100

static struct mm_struct *start_process(void)
{
    struct mm_struct *mm = mm_alloc();

    CHECK(mm);
    mm->mmap_base = USER_END / 2;
    run_process(mm);
    return mm;
}

static void map_at(struct mm_struct *mm, vaddr_t va, size_t pages, unsigned flags)
{
    CHECK(map_pages(mm, va, pages, flags | VM_MAYREAD | VM_MAYWRITE, NULL, 0, true) == (long)va);
}

static bool user_access(vaddr_t va, unsigned access)
{
    return host_access(va, access | FAULT_USER) != NULL;
}

/* Random breaks below a neighbour: each is taken or refused as it should, and bytes stay or are
 * zero. */
TEST(user_brk)
{
    struct mm_struct *mm = start_process();
    vaddr_t start = ROOT_SLOT_SIZE + 0x123, first = ALIGN_UP(start, PAGE_SIZE), brk = start;
    vaddr_t neighbour = first + HEAP_PAGES * PAGE_SIZE;
    uint8_t byte[HEAP_PAGES] = {0};
    unsigned refused = 0;

    mm->start_brk = mm->brk = start;
    map_at(mm, neighbour, 1, VM_READ | VM_WRITE);
    for (int i = 0; i < 3000; i++) {
        vaddr_t wish = start - 2 * PAGE_SIZE + random_below((HEAP_PAGES + 4) * PAGE_SIZE);
        if (one_in(10))
            wish = random_u64();
        bool fits =
            wish >= start && wish < USER_END && ALIGN_UP(wish, PAGE_SIZE) + PAGE_SIZE <= neighbour;
        refused += !fits;
        brk = fits ? wish : brk;
        CHECK(do_brk(mm, wish) == brk && mm->brk == brk);
        mm_validate(mm);

        size_t pages = (ALIGN_UP(brk, PAGE_SIZE) - first) / PAGE_SIZE;
        CHECK(mm->total_vm == pages + 1 && mm->data_vm == pages + 1);
        memset(byte + pages, 0, HEAP_PAGES - pages);
        size_t at = random_below(HEAP_PAGES);
        vaddr_t va = first + at * PAGE_SIZE + random_below(PAGE_SIZE);
        CHECK(user_access(va, FAULT_WRITE) == (at < pages));
        CHECK(!user_access(va, FAULT_EXEC));
        if (at >= pages)
            continue;
        uint8_t *p = host_access(ALIGN_DOWN(va, PAGE_SIZE), FAULT_READ | FAULT_USER);
        CHECK(*p == byte[at]);
        *p = byte[at] = (uint8_t)i;
    }
    CHECK(refused > 100);
    end_process(mm);
}

/* The stack grows where it is touched, to its limit, and never near to what lies below. */
TEST(user_stack)
{
    struct mm_struct *mm = start_process();
    vaddr_t top = USER_END - 16 * PAGE_SIZE, limit = top - current->rlim[RLIMIT_STACK].cur;

    map_at(mm, top - PAGE_SIZE, 1, VM_READ | VM_WRITE | VM_GROWSDOWN);
    CHECK(mm->stack_vm == 1);
    CHECK(user_access(top - 9 * PAGE_SIZE, FAULT_WRITE) && mm->stack_vm == 9);
    CHECK(user_access(top - 100 * PAGE_SIZE, FAULT_READ) && mm->stack_vm == 100);
    CHECK(user_access(limit, FAULT_WRITE));
    CHECK(!user_access(limit - 1, FAULT_WRITE) && host_signal.signo == SIGSEGV);
    mm_validate(mm);

    /* A second one, with an area below it: it stops at the gap. */
    top -= 2 * GiB;
    vaddr_t below = top - 2 * STACK_GUARD_GAP;
    map_at(mm, top - PAGE_SIZE, 1, VM_READ | VM_WRITE | VM_GROWSDOWN);
    map_at(mm, below - PAGE_SIZE, 1, VM_READ);
    CHECK(user_access(below + STACK_GUARD_GAP, FAULT_WRITE));
    CHECK(!user_access(below + STACK_GUARD_GAP - 1, FAULT_WRITE));
    CHECK(!user_access(below, FAULT_READ));
    CHECK(user_access(below - 1, FAULT_READ) && !user_access(below - 1, FAULT_WRITE));
    mm_validate(mm);
    end_process(mm);
}

/* Any range is copied as far as its areas allow. */
TEST(user_copies)
{
    struct mm_struct *mm = start_process();
    vaddr_t base = 5 * ROOT_SLOT_SIZE, end = base + 4 * PAGE_SIZE;
    char buf[3 * 4096];

    map_at(mm, base, 3, VM_READ | VM_WRITE);
    map_at(mm, base + 3 * PAGE_SIZE, 1, VM_READ);
    for (int i = 0; i < 500; i++) {
        vaddr_t va = base - PAGE_SIZE + random_below(6 * PAGE_SIZE);
        size_t n = random_below(sizeof(buf)) + 1;
        bool readable = va >= base && va + n <= end;
        bool writable = va >= base && va + n <= end - PAGE_SIZE;
        run_process(mm);
        memset(buf, i, n);
        CHECK(copy_to_user(va, buf, n) == (writable ? 0 : -EFAULT));
        memset(buf, ~i, n);
        CHECK(copy_from_user(buf, va, n) == (readable ? 0 : -EFAULT));
        for (size_t k = 0; writable && k < n; k++)
            CHECK(buf[k] == (char)i);
        /* In part, both say to the byte how far they came. */
        size_t room = va >= base && va < end - PAGE_SIZE ? min(n, end - PAGE_SIZE - va) : 0;
        CHECK(copy_to_user_partly(va, buf, n) == n - room);
        CHECK(clear_user_partly(va, n) == n - room);
        CHECK(fault_in_user(va, n) == (va >= base && va < end ? min(n, end - va) : 0));
    }
    end_process(mm);
}

/* The edges of the user half, and addresses that are none. */
TEST(user_copies_edges)
{
    struct mm_struct *mm = start_process();
    char buf[8];

    CHECK(copy_from_user(buf, USER_END - 8, 8) == -EFAULT);
    CHECK(copy_from_user(buf, USER_END - 4, 8) == -EFAULT);
    CHECK(copy_from_user(buf, KERNEL_HALF, 1) == -EFAULT);
    CHECK(copy_to_user(VMALLOC_START, buf, 1) == -EFAULT);
    CHECK(copy_to_user(UINT64_MAX - 3, buf, 8) == -EFAULT);
    CHECK(copy_from_user(buf, 5 * ROOT_SLOT_SIZE, SIZE_MAX) == -EFAULT);
    CHECK(copy_from_user(buf, 0, 1) == -EFAULT);
    end_process(mm);
}

/* The terminator may be the last byte that there is. */
TEST(user_copies_strings)
{
    struct mm_struct *mm = start_process();
    vaddr_t end = 5 * ROOT_SLOT_SIZE + PAGE_SIZE;
    char text[16];

    map_at(mm, end - PAGE_SIZE, 1, VM_READ | VM_WRITE);
    CHECK(copy_to_user(end - 4, "end", 4) == 0);
    CHECK(strncpy_from_user(text, end - 4, sizeof(text)) == 3 && !strcmp(text, "end"));
    CHECK(strncpy_from_user(text, end - 4, 3) == -ENAMETOOLONG);
    CHECK(strncpy_from_user(text, end, sizeof(text)) == -EFAULT);
    CHECK(copy_to_user(end - 4, "open", 4) == 0);
    CHECK(strncpy_from_user(text, end - 4, sizeof(text)) == -EFAULT);
    end_process(mm);
}

/* Without faults only what is present can be copied; and any other fault is a mistake. */
TEST(user_copies_nofault)
{
    struct mm_struct *mm = start_process();
    vaddr_t base = 5 * ROOT_SLOT_SIZE;
    char buf[16] = {0};

    map_at(mm, base, 2, VM_READ | VM_WRITE);
    CHECK(copy_from_user_nofault(buf, base, 8) == 8);
    CHECK(copy_to_user(base, buf, 8) == 0);
    CHECK(copy_from_user_nofault(buf, base + PAGE_SIZE - 8, 16) == 8);
    CHECK_PANICS(host_access(base + KERNEL_HALF, FAULT_READ), "kernel");
}

static unsigned looks; /* of three CPUs at a page that is about to be flushed */

/* No CPU goes on reading a page while another can store to what has taken its place. */
static void check_one_page(vaddr_t start, vaddr_t end)
{
    unsigned here = this_cpu()->id;
    const uint8_t *seen = NULL;

    CHECK(end == start + PAGE_SIZE);
    for (unsigned cpu = 0; cpu < 3; cpu++) {
        host_run_on_cpu(cpu);
        const uint8_t *byte = host_translate(start, FAULT_READ | FAULT_USER);
        CHECK(!seen || !byte || byte == seen);
        seen = byte ? byte : seen;
    }
    CHECK(seen);
    host_run_on_cpu(here);
    looks++;
}

TEST(user_copy_on_write_elsewhere)
{
    const vaddr_t va = 5 * ROOT_SLOT_SIZE;
    struct mm_struct *mm = start_process();

    map_at(mm, va, 1, VM_READ | VM_WRITE);
    for (unsigned cpu = 0; cpu < 3; cpu++) {
        host_run_on_cpu(cpu);
        current->mm = mm;
        mm_activate(mm);
        if (cpu < 2)
            CHECK(user_access(va, FAULT_READ));
    }
    host_run_on_cpu(0);
    host_before_flush = check_one_page;
    CHECK(user_access(va, FAULT_WRITE));
    host_before_flush = NULL;
    CHECK(looks == 1);
    for (unsigned cpu = 0; cpu < 3; cpu++) {
        host_run_on_cpu(cpu);
        mm_activate(NULL);
    }
    mmput(mm);
}

static struct mm_struct *zapped;

/* The entry is gone and not forgotten yet, when another thread does the same and then looks. */
static void zap_from_elsewhere(vaddr_t start, vaddr_t end)
{
    static bool nested;
    unsigned here = this_cpu()->id;

    if (nested)
        return;
    nested = true;
    host_run_on_cpu(1);
    CHECK(host_translate(start, FAULT_READ | FAULT_USER));
    zap_range(zapped, start, end);
    CHECK(!host_translate(start, FAULT_READ | FAULT_USER));
    host_run_on_cpu(here);
}

TEST(user_zap_twice_at_once)
{
    const vaddr_t va = 6 * ROOT_SLOT_SIZE;
    struct mm_struct *mm = zapped = start_process();

    map_at(mm, va, 1, VM_READ | VM_WRITE);
    for (unsigned cpu = 0; cpu < 2; cpu++) {
        host_run_on_cpu(cpu);
        current->mm = mm;
        mm_activate(mm);
        CHECK(user_access(va, cpu ? FAULT_READ : FAULT_WRITE));
    }
    host_run_on_cpu(0);
    host_before_flush = zap_from_elsewhere;
    zap_range(mm, va, va + PAGE_SIZE);
    host_before_flush = NULL;
    CHECK(atomic_load(&mm->zapping) == 0);
    end_process(mm);
}

static unsigned flushes;
static vaddr_t flush_start, flush_end; /* of the last one */

static void note_flush(vaddr_t start, vaddr_t end)
{
    flushes++;
    flush_start = start;
    flush_end = end;
}

/* Pages and the tables that showed them are flushed together; what nobody touched not at all. */
TEST(user_munmap_flushes_once)
{
    const vaddr_t va = 7 * ROOT_SLOT_SIZE;
    struct mm_struct *mm = start_process();

    map_at(mm, va, 4, VM_READ | VM_WRITE);
    for (int i = 0; i < 3; i++)
        CHECK(user_access(va + i * PAGE_SIZE, FAULT_WRITE));
    host_before_flush = note_flush;
    CHECK(do_munmap(mm, va + 3 * PAGE_SIZE, PAGE_SIZE) == 0 && flushes == 0);
    CHECK(do_munmap(mm, va, PAGE_SIZE) == 0 && flushes == 1);
    CHECK(flush_start == va && flush_end == va + PAGE_SIZE);
    CHECK(atomic_load(&mm->pt.tables) > 0);
    CHECK(do_munmap(mm, va + PAGE_SIZE, 2 * PAGE_SIZE) == 0 && flushes == 2);
    CHECK(flush_start == 0 && flush_end == USER_END);
    CHECK(atomic_load(&mm->pt.tables) == 0);
    host_before_flush = NULL;
    end_process(mm);
}
