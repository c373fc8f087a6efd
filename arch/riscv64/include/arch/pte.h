/* SPDX-License-Identifier: MIT */
/*
 * The codec for one page-table entry: RISC-V Sv39, Sv48 and Sv57 (Privileged ISA 4.3 to 4.6).
 *
 * An entry:  63 N | 62-61 PBMT | 53-10 PPN | 9-8 RSW | 7 D | 6 A | 5 G | 4 U | 3 X | 2 W | 1 R | 0
 * V With V set, R = W = X = 0 makes it a pointer to the next table. The two RSW bits are ours: bit
 * 8 is P_SOFT, bit 9 remembers P_DEVICE (QEMU's memory types follow from the physical address
 * alone).
 *
 * The law, tested for every format: pte_prot(pte_leaf(pa, prot, level), level) == prot and
 * pte_paddr() gives pa back, for every prot whose P_WRITE and P_EXEC come with P_READ; the zero
 * word is absent.
 */
#ifndef ARCH_PTE_H
#define ARCH_PTE_H

#include "kernel/types.h"
#include "mm/prot.h"

/* SV is 39, 48 or 57, from the build: 9 bits of address a level, 12 within the page. */
#define PT_LEVELS  ((SV - 12) / 9)
#define PT_VA_BITS SV
#define PT_NAME    (SV == 39 ? "Sv39" : SV == 48 ? "Sv48" : "Sv57")
#define PT_PA_BITS 56

/*
 * The highest level a leaf may lie on: 0 is 4 KiB, 1 is 2 MiB, 2 is 1 GiB. Never the root, whose
 * entries are copied into every process.
 */
#define PT_LEAF_MAX (PT_LEVELS > 3 ? 2 : 1)

typedef uint64_t pte_t;

enum pte_kind {
    PTE_ABSENT,
    PTE_TABLE,
    PTE_LEAF
};

enum {
    RVPTE_V = 1 << 0,
    RVPTE_R = 1 << 1,
    RVPTE_W = 1 << 2,
    RVPTE_X = 1 << 3,
    RVPTE_U = 1 << 4,
    RVPTE_G = 1 << 5,
    RVPTE_A = 1 << 6,
    RVPTE_D = 1 << 7,
    RVPTE_SOFT = 1 << 8,
    RVPTE_DEVICE = 1 << 9,
    RVPTE_PPN_SHIFT = 10,
};
#define RVPTE_PPN_MASK (((1ul << 44) - 1) << RVPTE_PPN_SHIFT)

/* In a present entry above level 0: none of these set makes it a pointer to a table. */
#define PTE_LEAF_BITS (RVPTE_R | RVPTE_W | RVPTE_X)

/* Each of the kernel's flags beside the bit that spells it. */
#define RVPTE_FLAGS(X)                                                                             \
    X(P_READ, RVPTE_R)                                                                             \
    X(P_WRITE, RVPTE_W)                                                                            \
    X(P_EXEC, RVPTE_X)                                                                             \
    X(P_USER, RVPTE_U)                                                                             \
    X(P_GLOBAL, RVPTE_G)                                                                           \
    X(P_DEVICE, RVPTE_DEVICE)                                                                      \
    X(P_ACCESSED, RVPTE_A)                                                                         \
    X(P_DIRTY, RVPTE_D)                                                                            \
    X(P_SOFT, RVPTE_SOFT)

/* The fields' names, lowest and highest bit, for who shows entries; the rest is reserved. */
#define PTE_LEAF_FIELDS(X)                                                                         \
    X("V", 0, 0)                                                                                   \
    X("R", 1, 1)                                                                                   \
    X("W", 2, 2)                                                                                   \
    X("X", 3, 3)                                                                                   \
    X("U", 4, 4)                                                                                   \
    X("G", 5, 5)                                                                                   \
    X("A", 6, 6)                                                                                   \
    X("D", 7, 7)                                                                                   \
    X("RSW", 8, 9)                                                                                 \
    X("PPN", 10, 53)                                                                               \
    X("PBMT", 61, 62)                                                                              \
    X("N", 63, 63)
#define PTE_TABLE_FIELDS(X)                                                                        \
    X("V", 0, 0)                                                                                   \
    X("R", 1, 1)                                                                                   \
    X("W", 2, 2)                                                                                   \
    X("X", 3, 3)                                                                                   \
    X("G", 5, 5)                                                                                   \
    X("RSW", 8, 9)                                                                                 \
    X("PPN", 10, 53)

/* A leaf that maps the naturally aligned page at `pa` with `prot`, which holds P_READ. */
static inline pte_t pte_leaf(paddr_t pa, unsigned prot, int level)
{
    (void)level;
    pte_t pte = (pa >> 12) << RVPTE_PPN_SHIFT | RVPTE_V;
#define X(flag, bit) pte |= prot & flag ? (pte_t)bit : 0;
    RVPTE_FLAGS(X)
#undef X
    return pte;
}

/* A pointer to the table at `pa`. A, D and U are reserved in it and stay clear. */
static inline pte_t pte_table(paddr_t pa)
{
    return (pa >> 12) << RVPTE_PPN_SHIFT | RVPTE_V;
}

static inline enum pte_kind pte_kind(pte_t pte, int level)
{
    (void)level;
    if (!(pte & RVPTE_V))
        return PTE_ABSENT;
    return pte & PTE_LEAF_BITS ? PTE_LEAF : PTE_TABLE;
}

/* Of a leaf or a table entry. */
static inline paddr_t pte_paddr(pte_t pte, int level)
{
    (void)level;
    return (pte & RVPTE_PPN_MASK) >> RVPTE_PPN_SHIFT << 12;
}

/* Of a leaf. */
static inline unsigned pte_prot(pte_t pte, int level)
{
    (void)level;
    unsigned prot = 0;
#define X(flag, bit) prot |= pte & bit ? (unsigned)flag : 0;
    RVPTE_FLAGS(X)
#undef X
    return prot;
}

#endif
