/* SPDX-License-Identifier: MIT */
/* The law of <arch/pte.h>: what is encoded is decoded again, on each level, for each protection. */
#include "mm/pgtable.h"
#include "test/unit/unit.h"

/* A random physical address that a leaf on `level` can map. */
static paddr_t random_pa(int level)
{
    return ALIGN_DOWN(random_u64() & ((1ul << PT_PA_BITS) - 1), pt_size(level));
}

static void check_leaf(paddr_t pa, unsigned prot, int level)
{
    pte_t pte = pte_leaf(pa, prot, level);

    CHECK(pte_kind(pte, level) == PTE_LEAF);
    CHECK(pte_paddr(pte, level) == pa);
    CHECK(pte_prot(pte, level) == prot);
    CHECK(!pte_is_hidden(pte));
}

TEST_BEFORE_BOOT(codec_leaf)
{
    for (unsigned prot = 0; prot < 2 * P_SOFT; prot++) {
        if (!(prot & P_READ))
            continue;
        for (int level = 0; level <= PT_LEAF_MAX; level++) {
            check_leaf(0, prot, level);
            check_leaf(ALIGN_DOWN((1ul << PT_PA_BITS) - 1, pt_size(level)), prot, level);
            for (int i = 0; i < 20; i++)
                check_leaf(random_pa(level), prot, level);
        }
    }
}

TEST_BEFORE_BOOT(codec_table)
{
    for (int level = 1; level < PT_LEVELS; level++) {
        for (int i = 0; i < 1000; i++) {
            paddr_t pa = random_pa(0);
            CHECK(pte_kind(pte_table(pa), level) == PTE_TABLE);
            CHECK(pte_paddr(pte_table(pa), level) == pa);
        }
    }
}

/* Words with bit 0 clear are mm/'s own on every level, zero among them. */
TEST_BEFORE_BOOT(codec_absent)
{
    for (int level = 0; level < PT_LEVELS; level++) {
        CHECK(pte_kind(0, level) == PTE_ABSENT);
        for (int i = 0; i < 1000; i++) {
            pfn_t pfn = random_pa(0) >> PAGE_SHIFT;
            CHECK(pte_kind(random_u64() & ~1ul, level) == PTE_ABSENT);
            unsigned marks = (unsigned)random_u64() & (P_ACCESSED | P_DIRTY);
            pte_t hidden = pte_hidden(pfn, marks | P_USER);
            CHECK(pte_kind(hidden, level) == PTE_ABSENT);
            CHECK(pte_is_hidden(hidden) && pte_hidden_pfn(hidden) == pfn);
            CHECK(pte_hidden_marks(hidden) == marks);
        }
    }
    CHECK(!pte_is_hidden(0));
}

/* The bits themselves, by hand from the manual: a codec that is consistent may still be wrong. */
struct word {
    pte_t pte, expected;
};

static void check_words(const struct word *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        CHECK(words[i].pte == words[i].expected);
}

#ifdef LA57
TEST_BEFORE_BOOT(codec_bits)
{
    const struct word words[] = {
        {pte_table(0x123456789000), 0x123456789007},
        {pte_leaf(0x123456789000, P_READ, 0), 0x8000123456789001},
        {pte_leaf(0x123456789000, P_READ | P_EXEC | P_USER, 0), 0x123456789005},
        {pte_leaf(0x123456789000, P_READ | P_SOFT, 0), 0x8000123456789201},
        {pte_leaf(0xfee00000, P_KERNEL_RW | P_DEVICE, 0), 0x80000000fee0017b},
        {pte_leaf(0x200000, P_KERNEL_RX, 1), 0x2001e1},
        {pte_leaf(0xfffffc0000000, P_KERNEL_RW, 2), 0x800fffffc00001e3},
    };

    check_words(words, ARRAY_SIZE(words));
}

/* PS tells leaves from tables on levels 1 and 2 only; the processor itself sets A in both. */
TEST_BEFORE_BOOT(codec_kind)
{
    CHECK(pte_kind(0x1081, 0) == PTE_LEAF);
    for (int level = 1; level < PT_LEVELS; level++) {
        CHECK(pte_kind(pte_table(0x1000) | 0x20, level) == PTE_TABLE);
        CHECK(pte_paddr(pte_table(0x1000) | 0x20, level) == 0x1000);
    }
    CHECK(pte_kind(0x200081, 1) == PTE_LEAF && pte_kind(0x40000081, 2) == PTE_LEAF);
}
#else
TEST_BEFORE_BOOT(codec_bits)
{
    const struct word words[] = {
        {pte_table(0x80201000), 0x20080401},
        {pte_leaf(0x80201000, P_READ, 0), 0x20080403},
        {pte_leaf(0x80201000, P_READ | P_WRITE | P_USER | P_ACCESSED | P_DIRTY, 0), 0x200804d7},
        {pte_leaf(0x80200000, P_KERNEL_RX, 1), 0x200800eb},
        {pte_leaf(0x10000000, P_KERNEL_RW | P_DEVICE, 0), 0x40002e7},
        {pte_leaf(0x80201000, P_READ | P_SOFT, 0), 0x20080503},
    };

    check_words(words, ARRAY_SIZE(words));
}
#endif
