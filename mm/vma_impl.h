/* SPDX-License-Identifier: MIT */
/* What the files that keep the set of areas share with each other and nobody else: see mm/vma.h. */
#ifndef MM_VMA_IMPL_H
#define MM_VMA_IMPL_H

#include "mm/mm.h"

#define vma_of(node) rb_entry(node, struct vm_area_struct, vm_rb)

/*
 * vma.c: the set alone. mmap_lock is held for writing and, where pages may be behind the area,
 * rmap_lock() as well: the reverse map is the caller's to keep in step.
 */
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma);
void vma_unlink(struct vm_area_struct *vma);
/* No area may be in the way. vm_pgoff follows vm_start. */
void vma_set_borders(struct vm_area_struct *vma, vaddr_t start, vaddr_t end);

/* vma_merge.c: `low` ends where `high` begins: could they be one area? */
bool vma_could_join(const struct vm_area_struct *low, const struct vm_area_struct *high);

/*
 * vma_validate.c: after each change to an area, or (vma NULL) when one has gone. Looks at the area
 * and its neighbours, and now and then at all of them, so that it costs O(log n) in the mean.
 */
#if DEBUG
void vma_changed(struct mm_struct *mm, const struct vm_area_struct *vma);
#else
static inline void vma_changed(struct mm_struct *mm, const struct vm_area_struct *vma)
{
    (void)mm;
    (void)vma;
}
#endif

#endif
