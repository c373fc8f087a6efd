/* SPDX-License-Identifier: MIT */
/*
 * The codec for one page-table entry: x86-64 with 4 and 5 levels (Intel SDM vol. 3, 4.5; AMD64 APM
 * vol. 2, 5.3).
 *
 * An entry:  63 NX | 62-52 - | 51-12 address | 11-9 ours | 8 G | 7 PS | 6 D | 5 A | 4 PCD | 3 PWT |
 * 2 U | 1 W | 0 P. What is present can be read: P is P_READ. PS, on levels 1 and 2, tells a leaf
 * from a table; on level 0 the same bit selects a memory type (PAT) and stays clear, and so does
 * bit 12 of larger leaves, where that selector has moved to: this is why a level always comes with
 * an entry.
 *
 * A device's registers are uncached by PCD and PWT together: with the selector bit clear, that is
 * "UC" in the memory types that processors have after reset, which nobody here changes.
 *
 * The law, tested for every format: pte_prot(pte_leaf(pa, prot, level), level) == prot and
 * pte_paddr() gives pa back, for every prot that holds P_READ; the zero word is absent.
 */
#ifndef ARCH_PTE_H
#define ARCH_PTE_H

#include "kernel/types.h"
#include "mm/prot.h"

/* LA57, from the build: 1 is five levels. 9 bits of address a level, 12 within the page. */
#define PT_LEVELS  (LA57 ? 5 : 4)
#define PT_VA_BITS (LA57 ? 57 : 48)
#define PT_NAME    (LA57 ? "5-level" : "4-level")
#define PT_PA_BITS 52

/* The highest level a leaf may lie on: 0 is 4 KiB, 1 is 2 MiB, 2 is 1 GiB. */
#define PT_LEAF_MAX 2

typedef uint64_t pte_t;

enum pte_kind {
    PTE_ABSENT,
    PTE_TABLE,
    PTE_LEAF
};

#define X86PTE_P      (1ul << 0)
#define X86PTE_W      (1ul << 1)
#define X86PTE_U      (1ul << 2)
#define X86PTE_DEVICE (3ul << 3) /* PWT and PCD */
#define X86PTE_A      (1ul << 5)
#define X86PTE_D      (1ul << 6)
#define X86PTE_PS     (1ul << 7)
#define X86PTE_G      (1ul << 8)
#define X86PTE_SOFT   (1ul << 9)
#define X86PTE_NX     (1ul << 63)
#define X86PTE_ADDR   ((1ul << PT_PA_BITS) - (1ul << 12))

/* In a present entry above level 0: none of these set makes it a pointer to a table. */
#define PTE_LEAF_BITS X86PTE_PS

/* Each of the kernel's flags beside the bits that spell it; P_EXEC is spelled by NX being clear. */
#define X86PTE_FLAGS(X)                                                                            \
    X(P_READ, X86PTE_P)                                                                            \
    X(P_WRITE, X86PTE_W)                                                                           \
    X(P_USER, X86PTE_U)                                                                            \
    X(P_GLOBAL, X86PTE_G)                                                                          \
    X(P_DEVICE, X86PTE_DEVICE)                                                                     \
    X(P_ACCESSED, X86PTE_A)                                                                        \
    X(P_DIRTY, X86PTE_D)                                                                           \
    X(P_SOFT, X86PTE_SOFT)

/*
 * The fields' names, lowest and highest bit, for who shows entries. Bit 7 of a leaf is PAT on level
 * 0 and PS above; there PAT is bit 12, below the page frame number proper.
 */
#define PTE_LEAF_FIELDS(X)                                                                         \
    X("P", 0, 0)                                                                                   \
    X("R/W", 1, 1)                                                                                 \
    X("U/S", 2, 2)                                                                                 \
    X("PWT", 3, 3)                                                                                 \
    X("PCD", 4, 4)                                                                                 \
    X("A", 5, 5)                                                                                   \
    X("D", 6, 6)                                                                                   \
    X("PS/PAT", 7, 7)                                                                              \
    X("G", 8, 8)                                                                                   \
    X("AVL", 9, 11)                                                                                \
    X("PFN", 12, 51)                                                                               \
    X("AVL", 52, 58)                                                                               \
    X("PK", 59, 62)                                                                                \
    X("NX", 63, 63)
#define PTE_TABLE_FIELDS(X)                                                                        \
    X("P", 0, 0)                                                                                   \
    X("R/W", 1, 1)                                                                                 \
    X("U/S", 2, 2)                                                                                 \
    X("PWT", 3, 3)                                                                                 \
    X("PCD", 4, 4)                                                                                 \
    X("A", 5, 5)                                                                                   \
    X("AVL", 6, 6)                                                                                 \
    X("PS", 7, 7)                                                                                  \
    X("AVL", 8, 11)                                                                                \
    X("PFN", 12, 51)                                                                               \
    X("AVL", 52, 62)                                                                               \
    X("NX", 63, 63)

/* A leaf that maps the naturally aligned page at `pa` with `prot`, which holds P_READ. */
static inline pte_t pte_leaf(paddr_t pa, unsigned prot, int level)
{
    pte_t pte = pa | (level > 0 ? X86PTE_PS : 0) | (prot & P_EXEC ? 0 : X86PTE_NX);
#define X(flag, bits) pte |= prot & flag ? bits : 0;
    X86PTE_FLAGS(X)
#undef X
    return pte;
}

/*
 * A pointer to the table at `pa`. What it forbids is forbidden below it, so it forbids nothing: the
 * leaf decides. The processor itself sets A here.
 */
static inline pte_t pte_table(paddr_t pa)
{
    return pa | X86PTE_P | X86PTE_W | X86PTE_U;
}

static inline enum pte_kind pte_kind(pte_t pte, int level)
{
    if (!(pte & X86PTE_P))
        return PTE_ABSENT;
    return level == 0 || (pte & PTE_LEAF_BITS) ? PTE_LEAF : PTE_TABLE;
}

/* Of a leaf or a table entry. */
static inline paddr_t pte_paddr(pte_t pte, int level)
{
    (void)level;
    return pte & X86PTE_ADDR;
}

/* Of a leaf. */
static inline unsigned pte_prot(pte_t pte, int level)
{
    (void)level;
    unsigned prot = pte & X86PTE_NX ? 0 : P_EXEC;
#define X(flag, bits) prot |= pte & bits ? (unsigned)flag : 0;
    X86PTE_FLAGS(X)
#undef X
    return prot;
}

#endif
