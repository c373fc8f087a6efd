/* SPDX-License-Identifier: MIT */
/* nm: the symbols of ELF files: value, kind, name, as binutils' nm prints them. */
#include <cli.h>
#include <ctype.h>
#include <elfread.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char synopsis[] =
    "nm [-n | -p] [-r] [-D] [-g] [-u] [-S] file...\n"
    "  symbols by name: value, kind, name; capital letters for what other files see\n"
    "  -n  by value          -p  as they stand in the file    -r  backward\n"
    "  -D  those that are linked when the program starts\n"
    "  -g  only those that other files see    -u  only undefined ones\n"
    "  -S  sizes, too";

static struct {
    int by_value, unsorted, reverse, dynamic, external, undefined, sizes;
} options;

/* The file that is shown; comparing needs it. */
static struct elf_symbols symbols;

/* The kind by the section, as a small letter. */
static char section_kind(const struct elf_file *e, const Elf64_Sym *s)
{
    const Elf64_Shdr *sh = elf_section(e, s->st_shndx);

    if (!sh)
        return '?';
    if (sh->sh_flags & SHF_EXECINSTR)
        return 't';
    if (!(sh->sh_flags & SHF_ALLOC))
        return sh->sh_flags & SHF_WRITE ? 'd' : 'n';
    if (sh->sh_type == SHT_NOBITS)
        return 'b';
    return sh->sh_flags & SHF_WRITE ? 'd' : 'r';
}

static char kind(const struct elf_file *e, const Elf64_Sym *s)
{
    int bind = ELF64_ST_BIND(s->st_info), type = ELF64_ST_TYPE(s->st_info);
    int weak_letter = type == STT_OBJECT ? 'v' : 'w';
    char c;

    if (s->st_shndx == SHN_UNDEF)
        return bind == STB_WEAK ? weak_letter : 'U';
    if (s->st_shndx == SHN_COMMON)
        return 'C';
    if (type == STT_GNU_IFUNC)
        return 'i';
    if (bind == STB_WEAK)
        return toupper(weak_letter);
    if (bind == STB_GNU_UNIQUE)
        return 'u';
    c = s->st_shndx == SHN_ABS ? 'a' : section_kind(e, s);
    return bind == STB_LOCAL ? c : toupper((unsigned char)c);
}

static int wanted(const Elf64_Sym *s)
{
    const char *name = elf_symbol_name(&symbols, s);
    int type = ELF64_ST_TYPE(s->st_info);

    /* For tools: files, sections, where code and data meet ($), labels inside functions (.L). */
    if (type == STT_FILE || type == STT_SECTION || !*name || *name == '$' ||
        strncmp(name, ".L", 2) == 0)
        return 0;
    if (options.external && ELF64_ST_BIND(s->st_info) == STB_LOCAL)
        return 0;
    return !options.undefined || s->st_shndx == SHN_UNDEF;
}

/* --- order --- */

static int by_name(const Elf64_Sym *a, const Elf64_Sym *b)
{
    return strcmp(elf_symbol_name(&symbols, a), elf_symbol_name(&symbols, b));
}

/* What is not defined comes first. */
static int by_value(const Elf64_Sym *a, const Elf64_Sym *b)
{
    int defined = (a->st_shndx != SHN_UNDEF) - (b->st_shndx != SHN_UNDEF);

    if (defined)
        return defined;
    if (a->st_shndx == SHN_UNDEF || a->st_value == b->st_value)
        return by_name(a, b);
    return a->st_value < b->st_value ? -1 : 1;
}

/* Equal ones, also backward, as they stand in the file. */
static int compare(const void *a, const void *b)
{
    const Elf64_Sym *x = *(const Elf64_Sym *const *)a, *y = *(const Elf64_Sym *const *)b;
    int order = options.unsorted ? 0 : options.by_value ? by_value(x, y) : by_name(x, y);

    if (order)
        return options.reverse ? -order : order;
    return x < y ? -1 : x > y;
}

static void print_symbol(const struct elf_file *e, const Elf64_Sym *s)
{
    if (s->st_shndx == SHN_UNDEF)
        printf("%16s", "");
    else
        printf("%016lx", s->st_value);
    if (options.sizes && s->st_size && s->st_shndx != SHN_UNDEF)
        printf(" %016lx", s->st_size);
    printf(" %c %s\n", kind(e, s), elf_symbol_name(&symbols, s));
}

static void print_symbols(const struct elf_file *e, const char *path)
{
    const Elf64_Sym **list;
    size_t count = 0;

    if (!elf_symbols(e, options.dynamic ? SHT_DYNSYM : SHT_SYMTAB, &symbols)) {
        warnx("%s: no symbols", path);
        return;
    }
    list = calloc(symbols.count + 1, sizeof(*list));
    if (!list)
        err(1, "%s", path);
    for (size_t i = 0; i < symbols.count; i++)
        if (wanted(&symbols.list[i]))
            list[count++] = &symbols.list[i];
    if (count)
        qsort(list, count, sizeof(*list), compare);
    for (size_t i = 0; i < count; i++)
        print_symbol(e, list[i]);
    free(list);
}

static int show_file(const char *path, int several)
{
    struct elf_file e;

    if (elf_open(&e, path) < 0) {
        if (errno == ENOEXEC)
            warnx("%s: file format not recognized", path);
        else
            warn("%s", path);
        return 1;
    }
    if (several)
        printf("\n%s:\n", path);
    print_symbols(&e, path);
    elf_close(&e);
    return 0;
}

int main(int argc, char **argv)
{
    int opt, status = 0, several;

    while ((opt = getopt(argc, argv, "nprDguS")) != -1) {
        if (opt == 'n')
            options.by_value = 1;
        else if (opt == 'p')
            options.unsorted = 1;
        else if (opt == 'r')
            options.reverse = 1;
        else if (opt == 'D')
            options.dynamic = 1;
        else if (opt == 'g')
            options.external = 1;
        else if (opt == 'u')
            options.undefined = 1;
        else if (opt == 'S')
            options.sizes = 1;
        else
            usage(synopsis);
    }
    if (optind == argc)
        usage(synopsis);
    several = argc - optind > 1;
    for (; optind < argc; optind++)
        status |= show_file(argv[optind], several);
    return finish(status);
}
