/* SPDX-License-Identifier: MIT */
/*
 * Areas that are split, and areas that become one.
 *
 * Two areas that touch are one as soon as nothing tells them apart: the same flags, the same file
 * (or none), and page numbers that continue. Their anon_vma never stands in the way: it is that of
 * the process, or not there yet. What the kernel supplies by itself, with vm_ops but no file (the
 * vdso), is never joined to anything.
 *
 * Every change that moves pages from one area to another is one hold of the reverse map's locks, so
 * that who comes that way finds each page in exactly one area. Nothing is allocated or freed
 * inside.
 */
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/panic.h"
#include "mm/vma_impl.h"

/* An area, or a piece of one, that is to find out whether its neighbours continue it. */
struct piece {
    vaddr_t start, end;
    unsigned flags;
    struct file *file;
    uint64_t pgoff;
};

static bool alike(const struct vm_area_struct *vma, const struct piece *piece)
{
    return vma->vm_flags == piece->flags && vma->vm_file == piece->file &&
           (vma->vm_file || !vma->vm_ops);
}

/* `low` (or NULL) ends where the piece begins, and goes on in it. */
static bool continued_by(const struct vm_area_struct *low, const struct piece *piece)
{
    return low && low->vm_end == piece->start && alike(low, piece) &&
           vma_pgoff(low, low->vm_end) == piece->pgoff;
}

/* `high` (or NULL) begins where the piece ends, and goes on with it. */
static bool continues(const struct vm_area_struct *high, const struct piece *piece)
{
    return high && high->vm_start == piece->end && alike(high, piece) &&
           piece->pgoff + ((piece->end - piece->start) >> PAGE_SHIFT) == high->vm_pgoff;
}

/* [start, end) of the area, as it would be with other flags. */
static struct piece piece_of(const struct vm_area_struct *vma, vaddr_t start, vaddr_t end,
                             unsigned flags)
{
    return (struct piece){.start = start,
                          .end = end,
                          .flags = flags,
                          .file = vma->vm_file,
                          .pgoff = vma_pgoff(vma, start)};
}

bool vma_could_join(const struct vm_area_struct *low, const struct vm_area_struct *high)
{
    struct piece piece = piece_of(high, high->vm_start, high->vm_end, high->vm_flags);

    return !vma_is_special(high) && continued_by(low, &piece);
}

/*
 * Two neighbours that touch, of one file and continuing page numbers: from now on `low` ends, and
 * `high` begins, at `border`. The one that has nothing left is freed.
 */
static void move_border(struct vm_area_struct *low, struct vm_area_struct *high, vaddr_t border)
{
    struct vm_area_struct *gone = NULL, *kept = border > low->vm_end ? low : high;
    struct vm_area_struct *locked = low->anon_vma ? low : high;
    struct mm_struct *mm = low->vm_mm;
    vaddr_t start = low->vm_start, end = high->vm_end;

    if (border == start)
        gone = low;
    else if (border == end)
        gone = high;
    rmap_lock(locked);
    rmap_unlink(low);
    rmap_unlink(high);
    if (!kept->anon_vma)
        kept->anon_vma = locked->anon_vma;
    if (gone) {
        vma_unlink(gone);
        vma_set_borders(kept, start, end);
    } else {
        /* The one that shrinks first, so that they never overlap. */
        bool up = kept == low;
        if (up)
            vma_set_borders(high, border, end);
        vma_set_borders(low, start, border);
        if (!up)
            vma_set_borders(high, border, end);
        rmap_link(kept == low ? high : low);
    }
    rmap_link(kept);
    rmap_unlock(locked);
    if (gone)
        vma_free(gone);
    vma_changed(mm, kept);
}

void vma_merge(struct vm_area_struct *vma)
{
    struct vm_area_struct *prev = vma_prev(vma), *next = vma_next(vma);

    if (next && vma_could_join(vma, next))
        move_border(vma, next, next->vm_end);
    if (prev && vma_could_join(prev, vma))
        move_border(prev, vma, prev->vm_start);
}

/* --- splitting --- */

int vma_split(struct vm_area_struct *vma, vaddr_t addr)
{
    struct vm_area_struct *upper;
    vaddr_t end = vma->vm_end;

    BUG_ON(addr <= vma->vm_start || addr >= end);
    upper = vma_copy(vma);
    if (!upper)
        return -ENOMEM;
    upper->vm_start = addr;
    upper->vm_pgoff = vma_pgoff(vma, addr);
    rmap_lock(vma);
    rmap_unlink(vma);
    vma_set_borders(vma, vma->vm_start, addr);
    vma_link(vma->vm_mm, upper);
    rmap_link(vma);
    rmap_link(upper);
    rmap_unlock(vma);
    vma_changed(vma->vm_mm, vma);
    return 0;
}

/* Makes [start, end), a part of *pvma, an area of its own. -ENOMEM, and nothing has changed. */
static int cut_out(struct vm_area_struct **pvma, vaddr_t start, vaddr_t end)
{
    struct vm_area_struct *vma = *pvma;
    unsigned cuts = (vma->vm_start < start) + (vma->vm_end > end);

    if (vma->vm_mm->map_count + cuts > sysctl_max_map_count && cuts)
        return -ENOMEM;
    if (vma->vm_end > end && vma_split(vma, end))
        return -ENOMEM;
    if (vma->vm_start == start)
        return 0;
    if (vma_split(vma, start)) {
        vma_merge(vma);
        return -ENOMEM;
    }
    *pvma = vma_next(vma);
    return 0;
}

/*
 * Where a neighbour has the flags already, only the border moves: what opens an arena page by page
 * needs no area more for it, and cannot fail.
 */
int vma_modify(struct vm_area_struct **pvma, vaddr_t start, vaddr_t end, unsigned flags)
{
    struct vm_area_struct *vma = *pvma, *prev = vma_prev(vma), *next = vma_next(vma);
    struct piece piece = piece_of(vma, start, end, flags);
    bool may_join = !vma_is_special(vma);

    if (flags == vma->vm_flags)
        return 0;
    if (may_join && vma->vm_start == start && continued_by(prev, &piece)) {
        move_border(prev, vma, end);
        vma_merge(prev);
        *pvma = prev;
        return 0;
    }
    if (may_join && vma->vm_end == end && continues(next, &piece)) {
        move_border(vma, next, start);
        *pvma = next;
        return 0;
    }
    if (cut_out(pvma, start, end))
        return -ENOMEM;
    vma_set_flags(*pvma, flags);
    return 0;
}

/* --- new areas --- */

struct vm_area_struct *vma_create(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned flags,
                                  struct file *file, uint64_t pgoff)
{
    struct vm_area_struct *vma = vma_alloc(mm, start, end, flags, file, pgoff);

    if (!vma)
        return ERR_PTR(-ENOMEM);
    int err = 0;
    if (file)
        err = file->f_op->mmap ? file->f_op->mmap(file, vma) : -ENODEV;
    if (!err)
        return vma;
    vma_free(vma);
    return ERR_PTR(err);
}

struct vm_area_struct *vma_map(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned flags,
                               struct file *file, uint64_t pgoff)
{
    struct piece piece = {start, end, flags, file, file ? pgoff : start >> PAGE_SHIFT};
    struct vm_area_struct *prev, *next = find_vma_prev(mm, start, &prev), *vma;

    if (continued_by(prev, &piece)) {
        vma_resize(prev, prev->vm_start, end);
        vma_merge(prev);
        return prev;
    }
    if (continues(next, &piece)) {
        vma_resize(next, start, next->vm_end);
        return next;
    }
    vma = vma_create(mm, start, end, flags, file, pgoff);
    if (!IS_ERR(vma))
        vma_insert(mm, vma);
    return vma;
}
