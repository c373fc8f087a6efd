/* SPDX-License-Identifier: MIT */
/* The law of <arch/pte.h>: what is encoded is decoded again, on every level, for every protection.
 */
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
            CHECK(pte_kind(pte_hidden(pfn), level) == PTE_ABSENT);
            CHECK(pte_is_hidden(pte_hidden(pfn)) && pte_hidden_pfn(pte_hidden(pfn)) == pfn);
        }
    }
    CHECK(!pte_is_hidden(0));
}
