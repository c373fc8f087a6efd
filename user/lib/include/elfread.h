/* SPDX-License-Identifier: MIT */
/*
 * elfread.h: looking into ELF-64 files: headers, symbols, what a dynamic program needs. Nothing
 * that a file says of itself is believed: what would lie outside of it is not there.
 */
#ifndef ELFREAD_H
#define ELFREAD_H

#include <elf.h>
#include <stddef.h>

struct elf_file {
    const char *data; /* the whole file, mapped */
    size_t size;
    const Elf64_Ehdr *header;
};

/* 0; -1 with errno: ENOEXEC for what is not a little-endian ELF-64 file, EISDIR, ENOENT, ... */
int elf_open(struct elf_file *e, const char *path);
void elf_close(struct elf_file *e);

/*
 * `size` bytes at this offset, aligned for the structures of ELF; NULL when the file has them not.
 */
const void *elf_at(const struct elf_file *e, size_t offset, size_t size);

/* Header number `i`, or NULL behind the last. */
const Elf64_Phdr *elf_segment(const struct elf_file *e, size_t i);
const Elf64_Shdr *elf_section(const struct elf_file *e, size_t i);
/* The first segment of a type, or NULL. */
const Elf64_Phdr *elf_find_segment(const struct elf_file *e, unsigned int type);

/* The bytes that the file has for a virtual address, as far as `size`; NULL when it has none. */
const void *elf_at_address(const struct elf_file *e, Elf64_Addr address, size_t size);
/* The string at an offset of a table of strings of `size` bytes at `table`; NULL: not a string. */
const char *elf_string(const char *table, size_t size, size_t offset);

struct elf_symbols {
    const Elf64_Sym *list;
    size_t count;
    const char *names;
    size_t names_size;
};
/* Of a section of this type, SHT_SYMTAB or SHT_DYNSYM. 0 when there is none. */
int elf_symbols(const struct elf_file *e, unsigned int type, struct elf_symbols *symbols);
/* "" for one that has no name. */
const char *elf_symbol_name(const struct elf_symbols *symbols, const Elf64_Sym *symbol);
/* A defined symbol of that name in SHT_SYMTAB, or NULL. */
const Elf64_Sym *elf_find_symbol(const struct elf_file *e, const char *name);

/* The dynamic entry number `i`, or NULL at the end or when there are none. */
const Elf64_Dyn *elf_dynamic(const struct elf_file *e, size_t i);
/* The first one's value; 0 when there is none. */
Elf64_Xword elf_dynamic_value(const struct elf_file *e, Elf64_Sxword tag);
/* The string that an entry's value names. */
const char *elf_dynamic_string(const struct elf_file *e, Elf64_Xword offset);
/* The program's interpreter, or NULL. */
const char *elf_interpreter(const struct elf_file *e);

#endif
