/* SPDX-License-Identifier: MIT */
/* One ELF file on its way into an address space: between elf.c and elf_segments.c. */
#ifndef KERNEL_ELF_H
#define KERNEL_ELF_H

#include "kernel/types.h"

struct file;
struct mm_struct;

enum {
    ET_EXEC = 2,
    ET_DYN = 3,
    PT_LOAD = 1,
    PT_INTERP = 3,
    PT_GNU_STACK = 0x6474e551,
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
    struct program_header *ph; /* kmalloc'ed, or NULL */
    vaddr_t low, high;         /* what the segments span, page-aligned, without bias */
    size_t align;              /* the largest that a segment asks for, at least a page */
    vaddr_t bias;              /* added to every address of the file */
};

#define for_each_header(l, header)                                                                 \
    for (const struct program_header *header = (l)->ph; header < (l)->ph + (l)->eh.e_phnum;        \
         header++)

/* Part of the program's memory. Of any other, nothing is checked, and nothing may be used. */
static inline bool is_segment(const struct program_header *ph)
{
    return ph->p_type == PT_LOAD && ph->p_memsz > 0;
}

/*
 * Reads all of [pos, pos + n): 0, -EIO when the file ends before, -EINVAL when no file has such a
 * position.
 */
int elf_read(struct file *file, void *buf, size_t n, uint64_t pos);
/*
 * Reads and checks the headers of l->file; sets low, high and align. 0, -EIO when there is no
 * complete header, -ENOEXEC for what is no program for this machine, -ENOMEM. l->ph is the caller's
 * to free in any case.
 */
int elf_read_headers(struct loader *l);
/*
 * Makes the areas of all segments at l->bias. -ENOEXEC where something is already, or nothing may
 * be; -ENOMEM.
 */
int elf_map_segments(struct loader *l);

#endif
