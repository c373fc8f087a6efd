/* SPDX-License-Identifier: MIT */
/*
 * The reverse map's trees against a plain list: areas of one file and of one family come, go and
 * change their borders at random, and every search finds those that the list says, each once, in
 * order.
 */
#include "arch/host/host.h"
#include "kernel/fs/vfs.h"
#include "mm/mm.h"
#include "test/unit/unit.h"

#define AREAS 120
#define PAGES 400

static struct vm_area_struct areas[AREAS];
static bool linked[AREAS];
static struct mm_struct *mm;

static bool shows(const struct vm_area_struct *vma, uint64_t first, uint64_t last)
{
    return vma->vm_pgoff <= last && vma->vm_pgoff + vma_pages(vma) > first;
}

static void check_search(struct rmap_tree *tree, bool anon, uint64_t first, uint64_t last)
{
    bool seen[AREAS] = {false};
    struct rmap_iter it;
    uint64_t before = 0;

    for (struct vm_area_struct *vma = rmap_first(tree, &it, first, last); vma;
         vma = rmap_next(&it)) {
        size_t i = (size_t)(vma - areas);
        CHECK(i < AREAS && !seen[i] && vma->vm_pgoff >= before);
        before = vma->vm_pgoff;
        seen[i] = true;
    }
    for (size_t i = 0; i < AREAS; i++)
        CHECK(seen[i] ==
              (linked[i] && (!anon || areas[i].anon_vma) && shows(&areas[i], first, last)));
}

static void random_borders(struct vm_area_struct *vma)
{
    uint64_t pages = 1 + random_below(one_in(5) ? PAGES : 8);

    vma->vm_start = (1 + random_below(1000)) * PAGE_SIZE;
    vma->vm_end = vma->vm_start + pages * PAGE_SIZE;
    vma->vm_pgoff = random_below(PAGES);
}

static void change(size_t i)
{
    struct vm_area_struct *vma = &areas[i];

    rmap_lock(vma);
    if (linked[i])
        rmap_unlink(vma);
    if (linked[i] && one_in(2)) {
        linked[i] = false;
        /* Out of use: the next one in its place has no anonymous pages yet. */
        rmap_unlock(vma);
        vma->anon_vma = NULL;
        return;
    }
    random_borders(vma);
    rmap_link(vma);
    linked[i] = true;
    rmap_unlock(vma);
    if (one_in(3))
        anon_vma_prepare(vma);
}

TEST(rmap_trees)
{
    struct file *file = host_file_create(PAGES, 0);
    struct rmap_tree *in_file = &file_inode(file)->i_data.i_mmap;

    mm = mm_alloc();
    for (size_t i = 0; i < AREAS; i++)
        areas[i] = (struct vm_area_struct){.vm_mm = mm, .vm_file = file};
    for (int step = 0; step < 4000; step++) {
        change(random_below(AREAS));
        uint64_t first = random_below(2 * PAGES),
                 last = first + random_below(one_in(3) ? PAGES : 4);
        check_search(in_file, false, first, last);
        check_search(&mm->anon_vma->tree, true, first, last);
    }
    for (size_t i = 0; i < AREAS; i++) {
        rmap_lock(&areas[i]);
        if (linked[i])
            rmap_unlink(&areas[i]);
        rmap_unlock(&areas[i]);
    }
    CHECK(!in_file->areas.node && !mm->anon_vma->tree.areas.node);
    mmput(mm);
    fput(file);
}
