/* SPDX-License-Identifier: MIT */
/*
 * ELF segments become areas that show the file's pages; nothing is read but the headers and the
 * page in which a segment's file part ends and its bss begins. Not a word of the file is trusted.
 */
#include <arch/identity.h>
#include "kernel/elf.h"
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/string.h"
#include "mm/mm.h"
#include "mm/slab.h"

static bool header_ok(const struct elf_header *eh)
{
    static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* little-endian */, 1};

    return memcmp(eh->e_ident, ident, sizeof(ident)) == 0 && eh->e_machine == ARCH_ELF_EM &&
           (eh->e_type == ET_EXEC || eh->e_type == ET_DYN) &&
           eh->e_phentsize == sizeof(struct program_header) && eh->e_phnum > 0 &&
           eh->e_phnum * sizeof(struct program_header) <= 16 * PAGE_SIZE;
}

int elf_read(struct file *file, void *buf, size_t n, uint64_t pos)
{
    if (pos > INT64_MAX - n)
        return -EINVAL;
    ssize_t got = kernel_read(file, buf, n, (loff_t)pos);
    if (got < 0)
        return (int)got;
    return (size_t)got == n ? 0 : -EIO;
}

static bool segment_ok(const struct loader *l, const struct program_header *ph)
{
    uint64_t file_size = (uint64_t)file_inode(l->file)->i_size;

    return ph->p_filesz <= ph->p_memsz && ph->p_memsz <= TASK_SIZE &&
           ph->p_vaddr <= TASK_SIZE - ph->p_memsz && ph->p_offset <= file_size &&
           ph->p_filesz <= file_size - ph->p_offset &&
           ((ph->p_vaddr ^ ph->p_offset) & (PAGE_SIZE - 1)) == 0;
}

static int read_program_headers(struct loader *l)
{
    size_t size = l->eh.e_phnum * sizeof(struct program_header);

    l->ph = kmalloc(size, GFP_USER);
    if (!l->ph)
        return -ENOMEM;
    return elf_read(l->file, l->ph, size, l->eh.e_phoff) ? -ENOEXEC : 0;
}

int elf_read_headers(struct loader *l)
{
    int err = elf_read(l->file, &l->eh, sizeof(l->eh), 0);

    if (!err)
        err = header_ok(&l->eh) ? read_program_headers(l) : -ENOEXEC;
    if (err)
        return err;

    l->low = TASK_SIZE;
    l->align = PAGE_SIZE;
    for_each_header(l, ph)
    {
        if (!is_segment(ph))
            continue;
        if (!segment_ok(l, ph))
            return -ENOEXEC;
        l->low = min(l->low, ALIGN_DOWN(ph->p_vaddr, PAGE_SIZE));
        l->high = max(l->high, ALIGN_UP(ph->p_vaddr + ph->p_memsz, PAGE_SIZE));
        /* What is no power of two asks for nothing. */
        if ((ph->p_align & (ph->p_align - 1)) == 0)
            l->align = max(l->align, ph->p_align);
    }
    return l->low < l->high ? 0 : -ENOEXEC;
}

/* An area of the program; nothing may be there yet, and nothing lies lower than mmap() would go. */
static int map_area(struct loader *l, vaddr_t start, vaddr_t end, unsigned flags, struct file *file,
                    uint64_t pgoff)
{
    struct vm_area_struct *vma;

    if (start == end)
        return 0;
    if (start < MMAP_MIN_ADDR || start > end || end > l->mm->task_size)
        return -ENOEXEC;
    if (find_vma_intersection(l->mm, start, end))
        return -ENOEXEC;
    if (!may_expand_vm(l->mm, flags, (end - start) >> PAGE_SHIFT))
        return -ENOMEM;
    vma = vma_map(l->mm, start, end, flags, file, pgoff);
    return IS_ERR(vma) ? (int)PTR_ERR(vma) : 0;
}

/*
 * Between a segment's last byte in the file and the end of that page bss begins: zeroes, up to the
 * page's end even when bss ends before, for a dynamic linker's first heap is what is left there.
 */
static int clear_partial_page(struct loader *l, vaddr_t from, vaddr_t end)
{
    const void *zeroes = page_address(zero_page);

    return write_process_vm(l->mm, from, zeroes, end - from) == end - from ? 0 : -ENOMEM;
}

static int map_segment(struct loader *l, const struct program_header *ph)
{
    vaddr_t start = l->bias + ph->p_vaddr, page = ALIGN_DOWN(start, PAGE_SIZE);
    vaddr_t file_end = start + ph->p_filesz, mem_end = start + ph->p_memsz;
    vaddr_t file_pages_end = ph->p_filesz ? ALIGN_UP(file_end, PAGE_SIZE) : page;
    unsigned flags = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;

    flags |= (ph->p_flags & PF_R ? VM_READ : 0) | (ph->p_flags & PF_W ? VM_WRITE : 0) |
             (ph->p_flags & PF_X ? VM_EXEC : 0);
    int err = map_area(l, page, file_pages_end, flags, l->file, ph->p_offset >> PAGE_SHIFT);
    if (!err)
        err = map_area(l, file_pages_end, ALIGN_UP(mem_end, PAGE_SIZE), flags, NULL, 0);
    if (!err && ph->p_filesz && mem_end > file_end)
        err = clear_partial_page(l, file_end, file_pages_end);
    return err;
}

int elf_map_segments(struct loader *l)
{
    int err = 0;

    for_each_header(l, ph)
    {
        if (!err && is_segment(ph))
            err = map_segment(l, ph);
    }
    return err;
}
