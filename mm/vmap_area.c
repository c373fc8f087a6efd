/* SPDX-License-Identifier: MIT */
/*
 * The vmalloc window: which of its ranges are taken, and when a freed one may be used again.
 *
 * Each node of the tree knows the extent of its subtree and the largest hole in it, so the lowest
 * hole that is large enough is found on one way down.
 *
 * Freed areas stay on the tree until purge_vmap_areas() has had all CPUs flush them, one flush for
 * many. Their pages wait too: a stale translation must not reach memory that is somebody else's.
 */
#include <arch/tlb.h>
#include "kernel/errno.h"
#include "kernel/fs/seq_file.h"
#include "kernel/panic.h"
#include "mm/pgtable.h"
#include "mm/slab.h"
#include "mm/vmap_area.h"

/* When this many pages wait for a flush, it is time. */
#define MAX_FREED_PAGES 32

struct spinlock vmap_lock = SPINLOCK_INIT("vmap", RANK_VMAP);
static struct rb_root areas;
static struct list_head freed = LIST_HEAD_INIT(freed);
static size_t freed_pages;
static struct kmem_cache *area_cache;
static atomic_size_t nr_vmalloc_pages;

static struct vmap_area *area_of(struct rb_node *node)
{
    return node ? rb_entry(node, struct vmap_area, node) : NULL;
}

static bool update(struct rb_node *node)
{
    struct vmap_area *area = area_of(node);
    const struct vmap_area *left = area_of(node->left), *right = area_of(node->right);
    struct vmap_area old = *area;
    size_t hole = 0;

    if (left)
        hole = max(left->subtree_hole, area->lo - left->subtree_hi);
    if (right)
        hole = max(hole, max(right->subtree_hole, right->subtree_lo - area->hi));
    area->subtree_lo = left ? left->subtree_lo : area->lo;
    area->subtree_hi = right ? right->subtree_hi : area->hi;
    area->subtree_hole = hole;
    return area->subtree_lo != old.subtree_lo || area->subtree_hi != old.subtree_hi ||
           area->subtree_hole != old.subtree_hole;
}

/* The lowest free range of `size` bytes, or 0. */
static vaddr_t find_hole(size_t size)
{
    const struct vmap_area *area = area_of(areas.node);

    if (!area || area->subtree_lo - VMALLOC_START >= size)
        return VMALLOC_END - VMALLOC_START >= size ? VMALLOC_START : 0;
    if (area->subtree_hole < size)
        return VMALLOC_END - area->subtree_hi >= size ? area->subtree_hi : 0;
    for (;;) {
        const struct vmap_area *left = area_of(area->node.left);
        const struct vmap_area *right = area_of(area->node.right);

        if (left && left->subtree_hole >= size) {
            area = left;
            continue;
        }
        if (left && area->lo - left->subtree_hi >= size)
            return left->subtree_hi;
        if (right->subtree_lo - area->hi >= size)
            return area->hi;
        area = right;
    }
}

static void insert(struct vmap_area *area)
{
    struct rb_node **link = &areas.node, *parent = NULL;

    while (*link) {
        parent = *link;
        link = area->lo < area_of(parent)->lo ? &parent->left : &parent->right;
    }
    rb_link(&area->node, parent, link);
    rb_insert(&areas, &area->node, update);
}

/* Finds it a range of `total` bytes and puts it on the tree. lo and hi are then set. */
static bool place(struct vmap_area *area, size_t total)
{
    spin_lock(&vmap_lock);
    vaddr_t lo = find_hole(total);
    if (lo) {
        area->lo = lo;
        area->hi = lo + total;
        insert(area);
    }
    spin_unlock(&vmap_lock);
    return lo != 0;
}

struct vmap_area *vmap_area_create(size_t size, enum vm_area_kind kind, const void *caller)
{
    size_t guard_below = kind == VM_KSTACK ? PAGE_SIZE : 0;
    size_t total = guard_below + size + PAGE_SIZE;

    if (size > VMALLOC_END - VMALLOC_START)
        return NULL;
    struct vmap_area *area = kmem_cache_alloc(area_cache, GFP_ZERO);
    if (!area)
        return NULL;
    if (!place(area, total)) {
        purge_vmap_areas();
        if (!place(area, total)) {
            kmem_cache_free(area_cache, area);
            return NULL;
        }
    }
    area->start = area->lo + guard_below;
    area->end = area->start + size;
    area->kind = kind;
    area->caller = caller;
    list_init(&area->pages);
    list_init(&area->list);
    return area;
}

int vmap_area_populate(struct vmap_area *area, gfp_t gfp)
{
    for (vaddr_t va = area->start; va < area->end; va += PAGE_SIZE) {
        struct page *page = alloc_pages_for(gfp, 0, area->caller);
        if (!page)
            return -ENOMEM;
        list_add_tail(&page->lru, &area->pages);
        area->nr_pages++;
        atomic_fetch_add(&nr_vmalloc_pages, 1);
        int err = pt_map(&kernel_table, va, page_to_phys(page), PAGE_SIZE, P_KERNEL_RW, 0);
        if (err)
            return err;
    }
    return 0;
}

/* Some CPUs cache that an entry was absent, and a fault on a kernel stack cannot be served. */
void vmap_area_publish(const struct vmap_area *area)
{
    tlb_publish_kernel(area->start, area->end);
}

void vmap_area_destroy(struct vmap_area *area)
{
    pt_unmap(&kernel_table, area->start, area->end - area->start);
    atomic_fetch_sub(&nr_vmalloc_pages, area->nr_pages);

    spin_lock(&vmap_lock);
    area->freed = true;
    list_add_tail(&area->list, &freed);
    freed_pages += (area->end - area->start) / PAGE_SIZE;
    bool purge = freed_pages >= MAX_FREED_PAGES;
    spin_unlock(&vmap_lock);
    if (purge)
        purge_vmap_areas();
}

/* Takes a flushed area off the tree and frees it. Returns its pages. */
static size_t discard(struct vmap_area *area)
{
    struct page *page, *next;
    size_t pages = area->nr_pages;

    list_for_each_entry_safe (page, next, &area->pages, lru) {
        list_del(&page->lru);
        put_page(page);
    }
    spin_lock(&vmap_lock);
    rb_erase(&areas, &area->node, update);
    spin_unlock(&vmap_lock);
    kmem_cache_free(area_cache, area);
    return pages;
}

size_t purge_vmap_areas(void)
{
    struct list_head batch = LIST_HEAD_INIT(batch);
    struct vmap_area *area, *next;
    vaddr_t start = VMALLOC_END, end = VMALLOC_START;
    size_t pages = 0;

    spin_lock(&vmap_lock);
    list_splice_tail(&freed, &batch);
    freed_pages = 0;
    spin_unlock(&vmap_lock);
    if (list_empty(&batch))
        return 0;
    list_for_each_entry (area, &batch, list) {
        start = min(start, area->start);
        end = max(end, area->end);
    }
    tlb_flush_kernel(start, end);
    list_for_each_entry_safe (area, next, &batch, list) {
        list_del(&area->list);
        pages += discard(area);
    }
    return pages;
}

/* The area that ends above `addr` with its guards: it holds it, or is the next one. */
static struct vmap_area *first_above(vaddr_t addr)
{
    struct rb_node *node = areas.node;
    struct vmap_area *found = NULL;

    while (node) {
        struct vmap_area *area = area_of(node);
        if (addr < area->hi) {
            found = area;
            node = node->left;
        } else {
            node = node->right;
        }
    }
    return found;
}

const struct vmap_area *find_vmap_area(vaddr_t addr)
{
    const struct vmap_area *area = first_above(addr);

    return area && addr >= area->lo ? area : NULL;
}

struct vmap_area *vmap_area_at(const void *va, const char *what)
{
    spin_lock(&vmap_lock);
    struct vmap_area *area = first_above((vaddr_t)va);
    bool good = area && area->start == (vaddr_t)va && !area->freed;
    spin_unlock(&vmap_lock);
    if (!good)
        panic("%s: no area in use starts at %p", what, va);
    return area;
}

size_t vmalloc_pages(void)
{
    return atomic_load(&nr_vmalloc_pages);
}

static void show_area(struct seq_file *m, const struct vmap_area *area)
{
    static const char *const kinds[] = {
        [VM_ALLOC] = "vmalloc", [VM_MAP] = "vmap", [VM_IOREMAP] = "ioremap", [VM_KSTACK] = "stack"};
    size_t offset = 0;
    const char *name = ksym_lookup((vaddr_t)area->caller, &offset);

    seq_printf(m, "0x%016lx-0x%016lx %7lu %s+%#zx", area->lo, area->hi, area->hi - area->lo,
               name ? name : "unknown", offset);
    if (area->nr_pages)
        seq_printf(m, " pages=%zu", area->nr_pages);
    if (area->kind == VM_IOREMAP)
        seq_printf(m, " phys=0x%016lx", area->phys);
    seq_printf(m, " %s\n", kinds[area->kind]);
}

void show_vmallocinfo(struct seq_file *m)
{
    /* One area at a time is copied: writing it out may sleep. */
    struct vmap_area copy;

    for (vaddr_t addr = VMALLOC_START;; addr = copy.hi) {
        spin_lock(&vmap_lock);
        const struct vmap_area *area = first_above(addr);
        if (area)
            copy = *area;
        spin_unlock(&vmap_lock);
        if (!area)
            break;
        if (!copy.freed)
            show_area(m, &copy);
    }
}

static size_t shrink_freed_areas(size_t pages)
{
    (void)pages;
    return purge_vmap_areas();
}

void vmalloc_init(void)
{
    static struct shrinker shrinker = {.name = "freed vmalloc areas", .shrink = shrink_freed_areas};

    area_cache = kmem_cache_create("vmap_area", sizeof(struct vmap_area), 0);
    if (!area_cache)
        panic("vmalloc: no memory at boot");
    kstack_init();
    register_shrinker(&shrinker);
}
