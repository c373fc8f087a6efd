/* SPDX-License-Identifier: MIT */
/*
 * The address space, in root slots: the one page that says where everything is.
 *
 * A page-table root has 512 slots on every 64-bit format, and the layout is the same slots on all
 * of them; the architecture supplies only how many levels lie below (PT_LEVELS). With four levels a
 * slot is 512 GiB and the windows are at Linux's x86-64 addresses; with three it is 1 GiB and the
 * picture is the same, divided by 512.
 *
 *   slots    window         what is there
 *   0-255    user           a process; TASK_SIZE is this less one page
 *   256-271  hole           never mapped
 *   272-399  direct map     all of memory: va = PAGE_OFFSET + pa
 *   400-401  hole
 *   402-465  vmalloc        contiguous here, scattered in memory; kernel stacks
 *   466-467  hole
 *   468-469  vmemmap        struct page[pfn]
 *   472-503  shadow         for a sanitized kernel
 *   last 2 GiB              kernel image, and at its end the fixmap: the same address everywhere
 *
 * The kernel half's root entries are filled with tables once, at boot, and are the same in every
 * process. For that to stay true no leaf ever lies in the root.
 */
#ifndef MM_LAYOUT_H
#define MM_LAYOUT_H

#include <arch/pte.h>

#define PAGE_SHIFT    12
#define PAGE_SIZE     (1ul << PAGE_SHIFT)
#define PAGE_MASK     (~(PAGE_SIZE - 1))

#define PT_INDEX_BITS 9
#define PT_ENTRIES    (1 << PT_INDEX_BITS)
/* The bits of an address below the index of `level`; one entry there covers 1 << this bytes. */
#define PT_SHIFT(level) (PAGE_SHIFT + PT_INDEX_BITS * (level))

#define ROOT_SLOTS      PT_ENTRIES
#define ROOT_SLOT_SHIFT PT_SHIFT(PT_LEVELS - 1)
#define ROOT_SLOT_SIZE  (1ul << ROOT_SLOT_SHIFT)

/* The first address of a slot: those of the upper half are sign-extended from the top bit. */
#define SLOT_SIGN          (~0ul << (PT_VA_BITS - 1) << 1)
#define SLOT_VA(slot)      ((unsigned long)(slot) << ROOT_SLOT_SHIFT | ((slot) >= 256 ? SLOT_SIGN : 0))
#define VA_SLOT(va)        ((unsigned)((unsigned long)(va) >> ROOT_SLOT_SHIFT & (ROOT_SLOTS - 1)))

#define USER_END           (ROOT_SLOT_SIZE * 256)
#define TASK_SIZE          (USER_END - PAGE_SIZE)

#define KERNEL_HALF        SLOT_VA(256)
#define PAGE_OFFSET        SLOT_VA(272)
#define DIRECT_MAP_END     SLOT_VA(400)
#define VMALLOC_START      SLOT_VA(402)
#define VMALLOC_END        SLOT_VA(466)
#define VMEMMAP_START      SLOT_VA(468)
#define VMEMMAP_END        SLOT_VA(470)
#define SHADOW_START       SLOT_VA(472)
#define SHADOW_END         SLOT_VA(504)

#define __START_KERNEL_map 0xffffffff80000000ul
#define KERNEL_IMAGE_SIZE  0x20000000ul /* 512 MiB, of which the image takes what it needs */
#define KERNEL_IMAGE_END   (__START_KERNEL_map + KERNEL_IMAGE_SIZE)

/* The fixmap: addresses known when the kernel is built, for what is mapped before any allocator. */
#define FIXMAP_START 0xffffffffffa00000ul
#define FIXMAP_END   0xfffffffffff00000ul /* exclusive */

/* The lowest address mmap() and exec will use: address 0 is never mapped. */
#define MMAP_MIN_ADDR 0x10000ul

#endif
