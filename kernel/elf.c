/* SPDX-License-Identifier: MIT */
/*
 * Loading ELF programs: System V ABI, chapter 5, for 64-bit little-endian files.
 *
 * Segments become areas that show the file's pages; nothing is read but the headers and the page in
 * which a segment's file part ends and its bss begins. Not a word of the file is trusted.
 */
#include <arch/identity.h>
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/mm.h"
#include "mm/slab.h"

enum {
    ET_EXEC = 2,
    ET_DYN = 3,
    PT_LOAD = 1,
    PT_INTERP = 3,
    PF_X = 1,
    PF_W = 2,
    PF_R = 4
};

struct elf_header {
    uint8_t e_ident[16];
    uint16_t e_type, e_machine;
    uint32_t e_version;
    uint64_t e_entry, e_phoff, e_shoff;
    uint32_t e_flags;
    uint16_t e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx;
};

struct program_header {
    uint32_t p_type, p_flags;
    uint64_t p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align;
};

/* One file being loaded: a program, or its interpreter. */
struct loader {
    struct mm_struct *mm;
    struct file *file;
    struct elf_header eh;
    struct program_header *ph; /* kmalloc'ed */
    vaddr_t low, high;         /* what the segments span, page-aligned, without bias */
    vaddr_t bias;              /* added to every address of the file */
};

static bool header_ok(const struct elf_header *eh)
{
    static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* little-endian */, 1};

    return memcmp(eh->e_ident, ident, sizeof(ident)) == 0 && eh->e_machine == ARCH_ELF_EM &&
           (eh->e_type == ET_EXEC || eh->e_type == ET_DYN) &&
           eh->e_phentsize == sizeof(struct program_header) && eh->e_phnum > 0 &&
           eh->e_phnum * sizeof(struct program_header) <= 16 * PAGE_SIZE;
}

/* Reads all of [pos, pos + n), or -ENOEXEC when the file ends before. */
static int read_exactly(struct file *file, void *buf, size_t n, uint64_t pos)
{
    if (pos > INT64_MAX - n)
        return -ENOEXEC;
    ssize_t got = kernel_read(file, buf, n, (loff_t)pos);
    if (got < 0)
        return (int)got;
    return (size_t)got == n ? 0 : -ENOEXEC;
}

/* Part of the program's memory. Of any other, nothing is checked, and nothing may be used. */
static bool is_segment(const struct program_header *ph)
{
    return ph->p_type == PT_LOAD && ph->p_memsz > 0;
}

static bool segment_ok(const struct loader *l, const struct program_header *ph)
{
    uint64_t file_size = (uint64_t)file_inode(l->file)->i_size;

    return ph->p_filesz <= ph->p_memsz && ph->p_memsz <= TASK_SIZE &&
           ph->p_vaddr <= TASK_SIZE - ph->p_memsz && ph->p_offset <= file_size &&
           ph->p_filesz <= file_size - ph->p_offset &&
           ((ph->p_vaddr ^ ph->p_offset) & (PAGE_SIZE - 1)) == 0;
}

/* The headers, and what the segments span. */
static int read_headers(struct loader *l)
{
    int err = read_exactly(l->file, &l->eh, sizeof(l->eh), 0);
    if (err)
        return err;
    if (!header_ok(&l->eh))
        return -ENOEXEC;

    size_t size = l->eh.e_phnum * sizeof(struct program_header);
    l->ph = kmalloc(size, GFP_USER);
    if (!l->ph)
        return -ENOMEM;
    err = read_exactly(l->file, l->ph, size, l->eh.e_phoff);
    if (err)
        return err;

    l->low = TASK_SIZE;
    for (unsigned i = 0; i < l->eh.e_phnum; i++) {
        const struct program_header *ph = &l->ph[i];
        if (!is_segment(ph))
            continue;
        if (!segment_ok(l, ph))
            return -ENOEXEC;
        l->low = min(l->low, ALIGN_DOWN(ph->p_vaddr, PAGE_SIZE));
        l->high = max(l->high, ALIGN_UP(ph->p_vaddr + ph->p_memsz, PAGE_SIZE));
    }
    return l->low < l->high ? 0 : -ENOEXEC;
}

/* An area of the program; nothing may be there yet, and nothing lies lower than mmap() would go. */
static int map_area(struct loader *l, vaddr_t start, vaddr_t end, unsigned flags, struct file *file,
                    uint64_t pgoff)
{
    struct vm_area_struct *below, *vma;

    if (start == end)
        return 0;
    if (start < MMAP_MIN_ADDR || end > l->mm->task_size)
        return -ENOEXEC;
    vma = find_vma_prev(l->mm, start, &below);
    if (vma && vma->vm_start < end)
        return -ENOEXEC;
    vma = vma_map(l->mm, start, end, flags, file, pgoff);
    return IS_ERR(vma) ? (int)PTR_ERR(vma) : 0;
}

/*
 * Between a segment's last byte in the file and the end of that page bss begins: zeroes, up to the
 * page's end even when bss ends before, for a dynamic linker's first heap is what is left there.
 */
static int clear_partial_page(struct loader *l, vaddr_t from, vaddr_t end)
{
    static const char zeroes[256];

    while (from < end) {
        size_t n = min(end - from, sizeof(zeroes));
        if (write_process_vm(l->mm, from, zeroes, n) != n)
            return -ENOMEM;
        from += n;
    }
    return 0;
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

static int map_segments(struct loader *l)
{
    for (unsigned i = 0; i < l->eh.e_phnum; i++) {
        if (!is_segment(&l->ph[i]))
            continue;
        int err = map_segment(l, &l->ph[i]);
        if (err)
            return err;
    }
    return 0;
}

/* start_code ... end_data, and the empty heap a page behind the last segment. */
static void note_layout(struct loader *l)
{
    struct mm_struct *mm = l->mm;

    mm->start_code = mm->start_data = TASK_SIZE;
    for (unsigned i = 0; i < l->eh.e_phnum; i++) {
        const struct program_header *ph = &l->ph[i];
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
    /* The page between keeps the heap an area of its own, to be told from bss. */
    mm->start_brk = mm->brk = l->bias + l->high + PAGE_SIZE;
}

/* Where the program headers are in the program's memory. */
static vaddr_t phdr_address(const struct loader *l)
{
    for (unsigned i = 0; i < l->eh.e_phnum; i++) {
        const struct program_header *ph = &l->ph[i];
        if (is_segment(ph) && l->eh.e_phoff >= ph->p_offset &&
            l->eh.e_phoff - ph->p_offset < ph->p_filesz)
            return l->bias + ph->p_vaddr + (l->eh.e_phoff - ph->p_offset);
    }
    return 0;
}

static void close_loader(struct loader *l)
{
    kfree(l->ph);
    if (l->file)
        fput(l->file);
}

static int load_interpreter(struct mm_struct *mm, const char *path, struct elf_image *image)
{
    struct loader l = {.mm = mm};
    long bias;

    l.file = filp_open(NULL, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (IS_ERR(l.file))
        return (int)PTR_ERR(l.file);
    int err = S_ISREG(file_inode(l.file)->i_mode) ? read_headers(&l) : -EACCES;
    if (!err && l.eh.e_type != ET_DYN)
        err = -ELIBBAD;
    if (!err) {
        bias = find_free_range(mm, l.high - l.low);
        err = bias < 0 ? (int)bias : 0;
    }
    if (!err) {
        l.bias = (vaddr_t)bias - l.low;
        err = map_segments(&l);
        image->interpreter_base = l.bias;
        image->entry = l.bias + l.eh.e_entry;
    }
    close_loader(&l);
    return err;
}

/* The PT_INTERP segment's string, if there is one. */
static int find_interpreter(struct loader *l, struct elf_image *image)
{
    for (unsigned i = 0; i < l->eh.e_phnum; i++) {
        const struct program_header *ph = &l->ph[i];
        if (ph->p_type != PT_INTERP)
            continue;
        if (ph->p_filesz < 2 || ph->p_filesz > PATH_MAX)
            return -ENOEXEC;
        char *path = kmalloc(ph->p_filesz, GFP_USER);
        if (!path)
            return -ENOMEM;
        int err = read_exactly(l->file, path, ph->p_filesz, ph->p_offset);
        if (!err && path[ph->p_filesz - 1] != '\0')
            err = -ENOEXEC;
        if (!err)
            err = load_interpreter(l->mm, path, image);
        kfree(path);
        return err;
    }
    return 0;
}

/* A position-independent program goes to two thirds of the user half, away from what grows. */
static vaddr_t choose_bias(const struct loader *l)
{
    if (l->eh.e_type == ET_EXEC)
        return 0;
    return ALIGN_DOWN(TASK_SIZE / 3 * 2, PAGE_SIZE) - l->low;
}

int load_elf(struct mm_struct *mm, struct file *file, struct elf_image *image)
{
    struct loader l = {.mm = mm, .file = get_file(file)};

    *image = (struct elf_image){0};
    int err = read_headers(&l);
    if (!err) {
        l.bias = choose_bias(&l);
        err = map_segments(&l);
    }
    if (!err) {
        note_layout(&l);
        image->phnum = l.eh.e_phnum;
        image->phdr = phdr_address(&l);
        image->program_entry = image->entry = l.bias + l.eh.e_entry;
        err = find_interpreter(&l, image);
    }
    close_loader(&l);
    return err;
}
