/* SPDX-License-Identifier: MIT */
/* ELF files, mapped and looked into with every offset checked. */
#include <elfread.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_elf(const struct elf_file *e)
{
    const Elf64_Ehdr *h = e->header;

    return e->size >= sizeof(*h) && memcmp(h->e_ident, ELFMAG, SELFMAG) == 0 &&
           h->e_ident[EI_CLASS] == ELFCLASS64 && h->e_ident[EI_DATA] == ELFDATA2LSB &&
           (!h->e_phnum || h->e_phentsize == sizeof(Elf64_Phdr)) &&
           (!h->e_shnum || h->e_shentsize == sizeof(Elf64_Shdr));
}

int elf_open(struct elf_file *e, const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY), error;
    void *data = MAP_FAILED;

    memset(e, 0, sizeof(*e));
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0)
        error = errno;
    else if (!S_ISREG(st.st_mode))
        error = S_ISDIR(st.st_mode) ? EISDIR : ENOEXEC;
    else if (st.st_size == 0)
        error = ENOEXEC;
    else if ((data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) == MAP_FAILED)
        error = errno;
    else
        error = 0;
    close(fd);
    if (!error) {
        *e = (struct elf_file){data, st.st_size, data};
        if (is_elf(e))
            return 0;
        elf_close(e);
        error = ENOEXEC;
    }
    errno = error;
    return -1;
}

void elf_close(struct elf_file *e)
{
    munmap((void *)e->data, e->size);
    memset(e, 0, sizeof(*e));
}

const void *elf_at(const struct elf_file *e, size_t offset, size_t size)
{
    if (offset % sizeof(uint64_t) || offset > e->size || size > e->size - offset)
        return NULL;
    return e->data + offset;
}

const Elf64_Phdr *elf_segment(const struct elf_file *e, size_t i)
{
    const Elf64_Phdr *list = elf_at(e, e->header->e_phoff, e->header->e_phnum * sizeof(*list));

    return list && i < e->header->e_phnum ? &list[i] : NULL;
}

const Elf64_Shdr *elf_section(const struct elf_file *e, size_t i)
{
    const Elf64_Shdr *list = elf_at(e, e->header->e_shoff, e->header->e_shnum * sizeof(*list));

    return list && i < e->header->e_shnum ? &list[i] : NULL;
}

const Elf64_Phdr *elf_find_segment(const struct elf_file *e, unsigned int type)
{
    const Elf64_Phdr *ph;

    for (size_t i = 0; (ph = elf_segment(e, i)); i++)
        if (ph->p_type == type)
            return ph;
    return NULL;
}

/* --- addresses and strings --- */

const void *elf_at_address(const struct elf_file *e, Elf64_Addr address, size_t size)
{
    const Elf64_Phdr *ph;

    for (size_t i = 0; (ph = elf_segment(e, i)); i++) {
        Elf64_Addr in = address - ph->p_vaddr;
        if (ph->p_type == PT_LOAD && address >= ph->p_vaddr && in < ph->p_filesz &&
            size <= ph->p_filesz - in && ph->p_offset <= e->size &&
            in + size <= e->size - ph->p_offset)
            return e->data + ph->p_offset + in;
    }
    return NULL;
}

const char *elf_string(const char *table, size_t size, size_t offset)
{
    if (!table || offset >= size || !memchr(table + offset, '\0', size - offset))
        return NULL;
    return table + offset;
}

/* --- symbols --- */

int elf_symbols(const struct elf_file *e, unsigned int type, struct elf_symbols *symbols)
{
    const Elf64_Shdr *sh, *names;
    size_t i = 0;

    while ((sh = elf_section(e, i)) && sh->sh_type != type)
        i++;
    if (!sh)
        return 0;
    names = elf_section(e, sh->sh_link);
    symbols->list = elf_at(e, sh->sh_offset, sh->sh_size);
    symbols->count = sh->sh_size / sizeof(*symbols->list);
    if (!symbols->list || !names || names->sh_offset > e->size ||
        names->sh_size > e->size - names->sh_offset)
        return 0;
    symbols->names = e->data + names->sh_offset;
    symbols->names_size = names->sh_size;
    return 1;
}

const char *elf_symbol_name(const struct elf_symbols *symbols, const Elf64_Sym *symbol)
{
    const char *name = elf_string(symbols->names, symbols->names_size, symbol->st_name);

    return name ? name : "";
}

const Elf64_Sym *elf_find_symbol(const struct elf_file *e, const char *name)
{
    struct elf_symbols symbols;

    if (!elf_symbols(e, SHT_SYMTAB, &symbols))
        return NULL;
    for (const Elf64_Sym *s = symbols.list; s < symbols.list + symbols.count; s++)
        if (s->st_shndx != SHN_UNDEF && strcmp(elf_symbol_name(&symbols, s), name) == 0)
            return s;
    return NULL;
}

/* --- what a dynamic program says --- */

const Elf64_Dyn *elf_dynamic(const struct elf_file *e, size_t i)
{
    const Elf64_Phdr *ph = elf_find_segment(e, PT_DYNAMIC);
    const Elf64_Dyn *list = ph ? elf_at(e, ph->p_offset, ph->p_filesz) : NULL;

    if (!list || i >= ph->p_filesz / sizeof(*list) || list[i].d_tag == DT_NULL)
        return NULL;
    return &list[i];
}

Elf64_Xword elf_dynamic_value(const struct elf_file *e, Elf64_Sxword tag)
{
    const Elf64_Dyn *d;

    for (size_t i = 0; (d = elf_dynamic(e, i)); i++)
        if (d->d_tag == tag)
            return d->d_un.d_val;
    return 0;
}

const char *elf_dynamic_string(const struct elf_file *e, Elf64_Xword offset)
{
    Elf64_Xword size = elf_dynamic_value(e, DT_STRSZ);

    return elf_string(elf_at_address(e, elf_dynamic_value(e, DT_STRTAB), size), size, offset);
}

const char *elf_interpreter(const struct elf_file *e)
{
    const Elf64_Phdr *ph = elf_find_segment(e, PT_INTERP);

    if (!ph || ph->p_offset > e->size || ph->p_filesz > e->size - ph->p_offset)
        return NULL;
    return elf_string(e->data + ph->p_offset, ph->p_filesz, 0);
}
