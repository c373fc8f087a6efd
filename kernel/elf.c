/* SPDX-License-Identifier: MIT */
/*
 * Loading ELF programs: System V ABI, chapter 5, for 64-bit little-endian files. Where a program
 * and its interpreter go, and what the new process is told of that; the rest is elf_segments.c's.
 *
 *   linked to an address               there
 *   any address, with an interpreter   layout->pie_base; the interpreter among the mappings
 *   any address, without               among the mappings, as the interpreter itself when it is run
 *                                      as a program
 */
#include "kernel/elf.h"
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/process.h"
#include "mm/mm.h"
#include "mm/mmap_layout.h"
#include "mm/slab.h"

/* A place among the mappings, aligned as the segments want it. */
static int place_anywhere(struct loader *l)
{
    long found = find_free_range(l->mm, l->high - l->low + l->align - PAGE_SIZE);

    if (found < 0)
        return (int)found;
    l->bias = ALIGN_UP((vaddr_t)found - l->low, l->align);
    return 0;
}

static int place_program(struct loader *l, const struct mmap_layout *layout, bool has_interpreter)
{
    if (l->eh.e_type == ET_EXEC)
        return 0;
    if (!has_interpreter)
        return place_anywhere(l);
    l->bias = ALIGN_DOWN(layout->pie_base - l->low, l->align);
    return 0;
}

/*
 * The empty heap. What the page between does for every program: heap and bss stay two areas. One
 * that lies among the mappings has its heap where other programs are, for want of room above it.
 */
static void place_heap(struct loader *l, const struct mmap_layout *layout, bool has_interpreter)
{
    struct mm_struct *mm = l->mm;
    vaddr_t end = l->eh.e_type == ET_DYN && !has_interpreter ? layout->pie_base : l->bias + l->high;

    mm->start_brk = min(end + PAGE_SIZE + layout->heap_offset, mm->task_size);
    mm->brk = mm->start_brk;
}

/* start_code ... end_data: what /proc and RLIMIT_DATA call code and data. */
static void note_sections(const struct loader *l)
{
    struct mm_struct *mm = l->mm;

    mm->start_code = mm->start_data = TASK_SIZE;
    for_each_header(l, ph)
    {
        vaddr_t start = l->bias + ph->p_vaddr, end = start + ph->p_filesz;
        if (!is_segment(ph))
            continue;
        if (ph->p_flags & PF_X) {
            mm->start_code = min(mm->start_code, start);
            mm->end_code = max(mm->end_code, end);
        }
        if (ph->p_flags & PF_W) {
            mm->start_data = min(mm->start_data, start);
            mm->end_data = max(mm->end_data, end);
        }
    }
    if (mm->start_code == TASK_SIZE)
        mm->start_code = mm->end_code = l->bias + l->low;
    if (mm->start_data == TASK_SIZE)
        mm->start_data = mm->end_data = l->bias + l->high;
}

/* Where the program headers are in the program's memory. */
static vaddr_t phdr_address(const struct loader *l)
{
    for_each_header(l, ph)
    {
        if (is_segment(ph) && l->eh.e_phoff >= ph->p_offset &&
            l->eh.e_phoff - ph->p_offset < ph->p_filesz)
            return l->bias + ph->p_vaddr + (l->eh.e_phoff - ph->p_offset);
    }
    return 0;
}

static int load_interpreter(struct mm_struct *mm, const char *path, struct elf_image *image)
{
    struct loader l = {.mm = mm, .file = open_exec(NULL, path)};

    if (IS_ERR(l.file))
        return (int)PTR_ERR(l.file);
    int err = elf_read_headers(&l);
    if (!err && l.eh.e_type == ET_DYN)
        err = place_anywhere(&l);
    if (!err)
        err = elf_map_segments(&l);
    image->interpreter_base = l.bias;
    image->entry = l.bias + l.eh.e_entry;
    kfree(l.ph);
    close_exec(l.file);
    return err == -ENOEXEC ? -ELIBBAD : err;
}

/* The first header of a kind, or NULL. */
static const struct program_header *find_header(const struct loader *l, uint32_t type)
{
    for_each_header(l, ph)
    {
        if (ph->p_type == type)
            return ph;
    }
    return NULL;
}

/* By the name in the program's PT_INTERP segment. */
static int load_named_interpreter(struct loader *l, const struct program_header *ph,
                                  struct elf_image *image)
{
    if (ph->p_filesz < 2 || ph->p_filesz > PATH_MAX)
        return -ENOEXEC;
    char *path = kmalloc(ph->p_filesz, GFP_USER);
    if (!path)
        return -ENOMEM;
    int err = elf_read(l->file, path, ph->p_filesz, ph->p_offset);
    if (!err && path[ph->p_filesz - 1] != '\0')
        err = -ENOEXEC;
    if (!err)
        err = load_interpreter(l->mm, path, image);
    kfree(path);
    return err;
}

static int load_program(struct loader *l, const struct mmap_layout *layout, struct elf_image *image)
{
    int err = elf_read_headers(l);

    if (err)
        return err == -EIO ? -ENOEXEC : err;
    const struct program_header *interpreter = find_header(l, PT_INTERP);
    const struct program_header *stack = find_header(l, PT_GNU_STACK);

    err = place_program(l, layout, interpreter);
    if (!err)
        err = elf_map_segments(l);
    if (err)
        return err;
    place_heap(l, layout, interpreter);
    note_sections(l);
    *image = (struct elf_image){
        .phnum = l->eh.e_phnum,
        .phdr = phdr_address(l),
        .program_entry = l->bias + l->eh.e_entry,
        .entry = l->bias + l->eh.e_entry,
        .executable_stack = stack && (stack->p_flags & PF_X),
    };
    return interpreter ? load_named_interpreter(l, interpreter, image) : 0;
}

int load_elf(struct mm_struct *mm, struct file *file, const struct mmap_layout *layout,
             struct elf_image *image)
{
    struct loader l = {.mm = mm, .file = file};
    int err = load_program(&l, layout, image);

    kfree(l.ph);
    return err;
}
