/* SPDX-License-Identifier: MIT */
/*
 * The page-table walker against a model: for each page of a few stretches of the user half, the
 * physical page and protection it should have. The stretches lie where tables of every level meet.
 */
#include "arch/host/host.h"
#include "kernel/errno.h"
#include "mm/page_alloc.h"
#include "mm/pgtable.h"
#include "test/unit/machine.h"
#include "test/unit/unit.h"

#define STRETCH 1600 /* pages: more than three tables' worth */

struct model_page {
    paddr_t pa;
    unsigned prot; /* 0: absent */
};

static struct stretch {
    vaddr_t start;
    struct model_page page[STRETCH];
} stretches[4];
static struct page_table pt;
static size_t large_leaves; /* seen in checks */

static vaddr_t va_of(const struct stretch *s, size_t page)
{
    return s->start + page * PAGE_SIZE;
}

static unsigned random_prot(void)
{
    return (unsigned)random_below(2 * P_SOFT) | P_READ;
}

static void check_page(const struct stretch *s, size_t i)
{
    unsigned prot;
    paddr_t pa;
    size_t offset = random_below(PAGE_SIZE);
    int err = pt_translate(&pt, va_of(s, i) + offset, &pa, &prot);

    if (s->page[i].prot)
        CHECK(err == 0 && prot == s->page[i].prot && pa == s->page[i].pa + offset);
    else
        CHECK(err == -EFAULT);
}

/* Every entry of the table: they follow one another without gap and say what the model says. */
static void check_stretch(const struct stretch *s)
{
    struct pt_cursor c;
    vaddr_t end = va_of(s, STRETCH), next = 0;
    struct pt_stats stats;
    size_t pages = 0, expected = 0;

    for (size_t i = 0; i < STRETCH; i++) {
        check_page(s, i);
        expected += s->page[i].prot != 0;
    }
    pt_for_each (&c, &pt, s->start, end) {
        CHECK(next == 0 ? c.va <= s->start : c.va == next);
        CHECK(c.level == PT_LEVELS - 1 || c.va % pt_size(c.level) == 0);
        CHECK(pte_kind(c.pte, c.level) != PTE_TABLE && c.level <= PT_LEVELS - 1);
        CHECK(!c.pte || IS_ALIGNED(pte_paddr(c.pte, c.level), pt_size(c.level)));
        next = c.va + pt_size(c.level);
    }
    CHECK(next >= end);
    pt_count(&pt, s->start, end, &stats);
    for (int level = 0; level < PT_LEVELS; level++)
        pages += stats.leaves[level] * (pt_size(level) / PAGE_SIZE);
    large_leaves += stats.leaves[1];
    CHECK(pages == expected);
}

static void check_all(void)
{
    struct pt_stats stats;
    size_t tables = 0;

    for (size_t i = 0; i < ARRAY_SIZE(stretches); i++)
        check_stretch(&stretches[i]);
    pt_count(&pt, 0, USER_END, &stats);
    for (int level = 0; level < PT_LEVELS; level++)
        tables += stats.tables[level];
    CHECK(tables == atomic_load(&pt.tables));
    CHECK(stats.leaves[PT_LEVELS - 1] == 0);
}

/* Maps from page `i` on as far as nothing is there, at most `n` pages. */
static void op_map(struct stretch *s, size_t i, size_t n)
{
    unsigned prot = random_prot();
    size_t free = 0, done = 0;

    while (free < n && i + free < STRETCH && !s->page[i + free].prot)
        free++;
    if (!free)
        return;
    /* Half of the time so that large leaves fit. */
    paddr_t pa = random_below(1ul << 20) << PAGE_SHIFT;
    if (one_in(2))
        pa = (pa & ~(pt_size(1) - 1)) | (va_of(s, i) & (pt_size(1) - 1));
    int err = pt_map(&pt, va_of(s, i), pa, free * PAGE_SIZE, prot, PT_LEAF_MAX);
    CHECK(err == 0 || (err == -ENOMEM && fail_alloc_every));
    /* After a failure a first part is there, and nothing of the rest. */
    for (; done < free; done++) {
        paddr_t at;
        unsigned p;
        if (err && pt_translate(&pt, va_of(s, i + done), &at, &p))
            break;
        s->page[i + done] = (struct model_page){pa + done * PAGE_SIZE, prot};
    }
    CHECK(err || done == free);
}

static bool op_protect(struct stretch *s, size_t i, size_t n)
{
    unsigned prot = random_prot();
    int err = pt_protect(&pt, va_of(s, i), n * PAGE_SIZE, prot);

    CHECK(err == 0 || (err == -ENOMEM && fail_alloc_every));
    for (size_t k = i; !err && k < i + n; k++)
        if (s->page[k].prot)
            s->page[k].prot = prot;
    return err == 0;
}

static void op_unmap(struct stretch *s, size_t i, size_t n)
{
    /* Cuts leaves at both ends, which unmapping alone must not have to. */
    if (!op_protect(s, i, n))
        return;
    pt_unmap(&pt, va_of(s, i), n * PAGE_SIZE);
    for (size_t k = i; k < i + n; k++)
        s->page[k].prot = 0;
    if (one_in(2)) {
        struct list_head tables = LIST_HEAD_INIT(tables);
        pt_unlink_tables(&pt, va_of(s, i), va_of(s, i + n), va_of(s, i), va_of(s, i + n), &tables);
        pt_free_unlinked(&pt, &tables);
    }
}

static void random_ops(unsigned count)
{
    for (unsigned op = 0; op < count; op++) {
        struct stretch *s = &stretches[random_below(ARRAY_SIZE(stretches))];
        size_t i = random_below(STRETCH);
        size_t n = random_below(min(STRETCH - i, one_in(3) ? 1400ul : 20ul)) + 1;
        switch (random_below(16)) {
        case 0:
            /* A large leaf needs a place where no table has been left. */
            op_unmap(s, 0, STRETCH);
            op_map(s, 0, STRETCH);
            break;
        case 1 ... 6:
            op_map(s, i, n);
            break;
        case 7 ... 11:
            op_protect(s, i, n);
            break;
        default:
            op_unmap(s, i, n);
            break;
        }
        if (op % 8 == 0)
            check_all();
    }
    check_all();
    CHECK(large_leaves > 0); /* about a hundred: else this test is not what it should be */
}

static void set_up(void)
{
    /* At a table's border, across a root slot's, at the top of the user half, and anywhere. */
    stretches[0].start = MMAP_MIN_ADDR;
    stretches[1].start = 2 * ROOT_SLOT_SIZE - 700 * PAGE_SIZE;
    stretches[2].start = USER_END - STRETCH * PAGE_SIZE;
    stretches[3].start = 77 * ROOT_SLOT_SIZE + random_below(1ul << 16) * PAGE_SIZE;
    CHECK(pt_create(&pt) == 0);
}

static void tear_down(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(stretches); i++)
        pt_unmap(&pt, stretches[i].start, STRETCH * PAGE_SIZE);
    pt_destroy(&pt);
}

TEST(pgtable_random)
{
    size_t before = free_when_idle();

    set_up();
    random_ops(1500);
    tear_down();
    CHECK(free_when_idle() == before);
}

TEST(pgtable_failing)
{
    size_t before = free_when_idle();

    set_up();
    fail_alloc_every = 3;
    random_ops(1500);
    fail_alloc_every = 0;
    tear_down();
    CHECK(free_when_idle() == before);
}

/* The kernel half of a process's table is the kernel's own: later mappings are seen at once. */
TEST(pgtable_kernel_half)
{
    vaddr_t va = VMALLOC_END - 7 * PAGE_SIZE;
    unsigned prot;
    paddr_t pa;

    CHECK(pt_create(&pt) == 0);
    CHECK(pt_map(&kernel_table, va, 0x1234000, PAGE_SIZE, P_KERNEL_RW, 0) == 0);
    CHECK(pt_translate(&pt, va, &pa, &prot) == 0 && pa == 0x1234000 && prot == P_KERNEL_RW);
    pt_unmap(&kernel_table, va, PAGE_SIZE);
    CHECK(pt_translate(&pt, va, &pa, &prot) == -EFAULT);
    pt_destroy(&pt);
}

/* Only tables that serve nothing else are taken out, and they live until they are freed. */
TEST(pgtable_free_tables)
{
    struct list_head tables = LIST_HEAD_INIT(tables);

    set_up();
    struct stretch *s = &stretches[3];
    op_map(s, 0, 1);
    op_map(s, STRETCH - 1, 1);
    size_t count = atomic_load(&pt.tables);
    pt_unmap(&pt, s->start, PAGE_SIZE);
    s->page[0].prot = 0;
    /* Of what the page's own tables serve, nothing is left below the stretch's last page. */
    pt_unlink_tables(&pt, s->start, va_of(s, 1), 0, va_of(s, STRETCH - 1), &tables);
    CHECK(!list_empty(&tables) && atomic_load(&pt.tables) == count);
    pt_free_unlinked(&pt, &tables);
    CHECK(list_empty(&tables) && atomic_load(&pt.tables) < count);
    check_all();
    pt_unlink_tables(&pt, s->start, va_of(s, 1), 0, va_of(s, STRETCH - 1), &tables);
    CHECK(list_empty(&tables)); /* nothing left */
    tear_down();
}

/*
 * A walk looks into no table that translates nothing of its range: on the other side of `end`,
 * tables may be going at this moment.
 */
TEST(pgtable_walk_ends)
{
    vaddr_t end = 9 * ROOT_SLOT_SIZE;
    struct pt_cursor c;
    size_t n = 0;

    CHECK(pt_create(&pt) == 0);
    CHECK(pt_map(&pt, end - 2 * PAGE_SIZE, 0x1234000, PAGE_SIZE, P_USER | P_READ, 0) == 0);
    /* A table where there is no memory. */
    atomic_store(&pt.root[9], pte_table(HOST_PHYS_END + GiB));
    for (int last_used = 0; last_used < 2; last_used++) {
        pt_for_each_used(&c, &pt, end - 600 * PAGE_SIZE, end)
        {
            n++;
        }
        CHECK(c.va == end);
        pt_for_each (&c, &pt, end - 600 * PAGE_SIZE, end) {
            n += c.pte != 0;
        }
        CHECK(c.va == end);
        if (!last_used)
            CHECK(pt_map(&pt, end - PAGE_SIZE, 0x1235000, PAGE_SIZE, P_USER | P_READ, 0) == 0);
    }
    CHECK(n == 2 * (1 + 2));
    atomic_store(&pt.root[9], 0);
    pt_unmap(&pt, end - 2 * PAGE_SIZE, 2 * PAGE_SIZE);
    pt_destroy(&pt);
}
