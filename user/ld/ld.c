/* SPDX-License-Identifier: MIT */
/*
 * ld.so: the dynamic linker: the interpreter that a program with shared libraries asks for. exec
 * maps it beside the program and starts it first. It maps the libraries that are needed, each in
 * areas of its own; enters in all of them where the functions and variables are that they have from
 * each other; and jumps to the program's start.
 *
 * It is a shared object itself, at an address that it does not know, and nobody relocates it: it
 * has no pointer in its data, and calls no other library. Everything is bound at the start, nothing
 * when it is first called; no thread-local storage, no versions, no dlopen().
 */
#include <elf.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "reloc.h"

#define PAGE        4096ul
#define MAX_OBJECTS 16
#define LIBRARIES   "/lib/"

/* What has been mapped: the program, and each library once. Pointers are into its memory. */
struct object {
    const char *name; /* "" for the program */
    uint64_t base;    /* what is added to the addresses in the file */
    const Elf64_Dyn *dynamic;
    const Elf64_Sym *symbols;
    const char *strings;
    const uint32_t *hash; /* buckets, chains, then these (System V gABI, chapter 5) */
};

static struct object objects[MAX_OBJECTS];
static int count;

long __syscall(long nr, long a, long b, long c, long d, long e, long f);
uint64_t ld_main(long *stack);

/* --- small change: there is no library here --- */

static size_t length(const char *s)
{
    size_t n = 0;

    while (s[n])
        n++;
    return n;
}

static int same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static void complain(const char *s)
{
    __syscall(SYS_write, 2, (long)s, length(s), 0, 0, 0);
}

/* "ld.so: what: why", and the end. */
static _Noreturn void die(const char *what, const char *why)
{
    complain("ld.so: ");
    complain(what);
    complain(": ");
    complain(why);
    complain("\n");
    for (;;)
        __syscall(SYS_exit_group, 127, 0, 0, 0, 0, 0);
}

static int failed(long result)
{
    return result < 0 && result >= -4095;
}

/* --- objects --- */

static uint64_t dynamic_value(const struct object *o, int64_t tag)
{
    for (const Elf64_Dyn *d = o->dynamic; d->d_tag != DT_NULL; d++)
        if (d->d_tag == tag)
            return d->d_un.d_val;
    return 0;
}

static void add_object(const char *name, uint64_t base, const Elf64_Phdr *ph, int phnum)
{
    struct object *o = &objects[count];

    if (count == MAX_OBJECTS)
        die(name, "too many libraries");
    o->name = name;
    o->base = base;
    for (int i = 0; i < phnum; i++)
        if (ph[i].p_type == PT_DYNAMIC)
            o->dynamic = (const Elf64_Dyn *)(base + ph[i].p_vaddr);
    if (!o->dynamic || !dynamic_value(o, DT_HASH))
        die(name, "not a dynamic object with a table of symbols");
    o->symbols = (const Elf64_Sym *)(base + dynamic_value(o, DT_SYMTAB));
    o->strings = (const char *)(base + dynamic_value(o, DT_STRTAB));
    o->hash = (const uint32_t *)(base + dynamic_value(o, DT_HASH));
    count++;
}

/* --- mapping a library --- */

static uint64_t map(const char *name, uint64_t at, size_t size, int prot, int flags, int fd,
                    uint64_t offset)
{
    long p = __syscall(SYS_mmap, at, size, prot, MAP_PRIVATE | flags, fd, offset);

    if (failed(p))
        die(name, "cannot be mapped");
    return p;
}

/* One PT_LOAD segment: its part of the file, then zeros, as far as p_memsz says. */
static void map_segment(const char *name, uint64_t base, const Elf64_Phdr *ph, int fd)
{
    uint64_t start = (base + ph->p_vaddr) & -PAGE, file_end = base + ph->p_vaddr + ph->p_filesz;
    uint64_t pages_end = (file_end + PAGE - 1) & -PAGE;
    uint64_t end = (base + ph->p_vaddr + ph->p_memsz + PAGE - 1) & -PAGE;
    int prot = (ph->p_flags & PF_R ? PROT_READ : 0) | (ph->p_flags & PF_W ? PROT_WRITE : 0) |
               (ph->p_flags & PF_X ? PROT_EXEC : 0);

    map(name, start, pages_end - start, prot, MAP_FIXED, fd, ph->p_offset & -PAGE);
    if (ph->p_flags & PF_W)
        for (volatile char *p = (char *)file_end; p < (char *)pages_end; p++)
            *p = 0;
    if (end > pages_end)
        map(name, pages_end, end - pages_end, prot, MAP_FIXED | MAP_ANONYMOUS, -1, 0);
}

/* Maps all of an open library; a place for it is found first, which its segments then fill. */
static void map_library(const char *name, int fd)
{
    static char header[PAGE] __attribute__((aligned(8)));
    const Elf64_Ehdr *eh = (const Elf64_Ehdr *)header;
    const Elf64_Phdr *ph;
    uint64_t low = UINT64_MAX, high = 0, base;
    long n = __syscall(SYS_read, fd, (long)header, sizeof(header), 0, 0, 0);

    if (n < (long)sizeof(*eh) || eh->e_type != ET_DYN || eh->e_phentsize != sizeof(*ph) ||
        eh->e_phoff % 8 || eh->e_phoff + eh->e_phnum * sizeof(*ph) > (size_t)n)
        die(name, "not a shared library");
    ph = (const Elf64_Phdr *)(header + eh->e_phoff);
    for (int i = 0; i < eh->e_phnum; i++) {
        if (ph[i].p_type != PT_LOAD)
            continue;
        low = ph[i].p_vaddr < low ? ph[i].p_vaddr : low;
        high = ph[i].p_vaddr + ph[i].p_memsz > high ? ph[i].p_vaddr + ph[i].p_memsz : high;
    }
    if (low >= high)
        die(name, "nothing to map");
    low &= -PAGE;
    base = map(name, 0, high - low, PROT_NONE, MAP_ANONYMOUS, -1, 0) - low;
    for (int i = 0; i < eh->e_phnum; i++)
        if (ph[i].p_type == PT_LOAD)
            map_segment(name, base, &ph[i], fd);
    add_object(name, base, ph, eh->e_phnum);
}

static void load(const char *name)
{
    char path[256];
    size_t n = length(LIBRARIES);
    long fd;

    for (int i = 0; i < count; i++)
        if (same(objects[i].name, name))
            return;
    if (n + length(name) >= sizeof(path))
        die(name, "too long a name");
    for (size_t i = 0; i < n; i++)
        path[i] = LIBRARIES[i];
    for (size_t i = 0; i <= length(name); i++)
        path[n + i] = name[i];
    fd = __syscall(SYS_openat, AT_FDCWD, (long)path, O_RDONLY, 0, 0, 0);
    if (failed(fd))
        die(path, "cannot be opened");
    map_library(name, fd);
    __syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* --- binding --- */

static uint32_t hash_of(const char *s)
{
    uint32_t h = 0;

    for (; *s; s++) {
        h = (h << 4) + (unsigned char)*s;
        h = (h ^ (h >> 28 << 4)) & 0x0fffffff;
    }
    return h;
}

static const Elf64_Sym *find_in(const struct object *o, const char *name, uint32_t hash)
{
    const uint32_t *buckets = o->hash + 2, *chains = buckets + o->hash[0];

    for (uint32_t i = buckets[hash % o->hash[0]]; i; i = chains[i])
        if (o->symbols[i].st_shndx != SHN_UNDEF &&
            ELF64_ST_BIND(o->symbols[i].st_info) != STB_LOCAL &&
            same(o->strings + o->symbols[i].st_name, name))
            return &o->symbols[i];
    return NULL;
}

/* Where a symbol that `o` wants is: in the first object that has it, the program before all. */
static uint64_t find(const struct object *o, uint32_t index)
{
    const Elf64_Sym *wanted = &o->symbols[index];
    const char *name = o->strings + wanted->st_name;
    uint32_t hash = hash_of(name);

    for (int i = 0; i < count; i++) {
        const Elf64_Sym *s = find_in(&objects[i], name, hash);
        if (s)
            return objects[i].base + s->st_value;
    }
    if (ELF64_ST_BIND(wanted->st_info) != STB_WEAK)
        die(name, "is nowhere defined");
    return 0;
}

static void relocate(const struct object *o, uint64_t table, size_t size)
{
    const Elf64_Rela *r = (const Elf64_Rela *)(o->base + table);

    for (; size >= sizeof(*r); r++, size -= sizeof(*r)) {
        uint64_t *word = (uint64_t *)(o->base + r->r_offset);
        uint32_t type = ELF64_R_TYPE(r->r_info), index = ELF64_R_SYM(r->r_info);

        if (type == R_OWN_ADDRESS)
            *word = o->base + r->r_addend;
        else if (IS_R_SYMBOL(type))
            *word = find(o, index) + r->r_addend;
        else
            die(o->name, "wants a relocation that is not known here");
    }
}

/* --- what was loaded: LD_TRACE_LOADED_OBJECTS, for ldd --- */

static void print(const char *s)
{
    __syscall(SYS_write, 1, (long)s, length(s), 0, 0, 0);
}

/* " (0x0000000012345678)", the address in 16 digits, and the line's end. */
static void print_address(uint64_t address)
{
    char text[] = " (0x0000000000000000)\n";

    for (int i = 0; i < 16; i++, address >>= 4)
        text[19 - i] = "0123456789abcdef"[address & 15];
    print(text);
}

/* The libraries, then this linker itself; the program is not started. */
static _Noreturn void show_objects(const char *interpreter, uint64_t base)
{
    for (int i = 1; i < count; i++) {
        print("\t");
        print(objects[i].name);
        print(" => " LIBRARIES);
        print(objects[i].name);
        print_address(objects[i].base);
    }
    print("\t");
    print(interpreter);
    print_address(base);
    for (;;)
        __syscall(SYS_exit_group, 0, 0, 0, 0, 0, 0);
}

/* --- the start --- */

static uint64_t auxiliary(const uint64_t *auxv, uint64_t type)
{
    for (; auxv[0] != AT_NULL; auxv += 2)
        if (auxv[0] == type)
            return auxv[1];
    return 0;
}

/*
 * What follows argc, arguments and environment on the stack; and whether there is a variable of
 * this name, which ends in "=", and has a value.
 */
static const uint64_t *find_auxv(long *stack, const char *name, int *found)
{
    char **p = (char **)(stack + 1 + stack[0] + 1);

    for (*found = 0; *p; p++) {
        size_t n = 0;
        while (name[n] && (*p)[n] == name[n])
            n++;
        *found |= !name[n] && (*p)[n];
    }
    return (const uint64_t *)(p + 1);
}

/* Called by the port's _start with the stack as exec made it; returns where the program begins. */
uint64_t ld_main(long *stack)
{
    int trace;
    const uint64_t *auxv = find_auxv(stack, "LD_TRACE_LOADED_OBJECTS=", &trace);
    const Elf64_Phdr *ph = (const Elf64_Phdr *)auxiliary(auxv, AT_PHDR);
    int phnum = auxiliary(auxv, AT_PHNUM);
    const char *interpreter = "";
    uint64_t base = 0;

    if (!auxiliary(auxv, AT_BASE))
        die("usage", "a program names it as its interpreter");
    for (int i = 0; i < phnum; i++)
        if (ph[i].p_type == PT_PHDR)
            base = (uint64_t)ph - ph[i].p_vaddr;
    for (int i = 0; i < phnum; i++)
        if (ph[i].p_type == PT_INTERP)
            interpreter = (const char *)(base + ph[i].p_vaddr);
    add_object("", base, ph, phnum);
    for (int i = 0; i < count; i++) /* the list grows while it is gone through */
        for (const Elf64_Dyn *d = objects[i].dynamic; d->d_tag != DT_NULL; d++)
            if (d->d_tag == DT_NEEDED)
                load(objects[i].strings + d->d_un.d_val);
    if (trace)
        show_objects(interpreter, auxiliary(auxv, AT_BASE));
    for (int i = count; i-- > 0;) {
        const struct object *o = &objects[i];
        relocate(o, dynamic_value(o, DT_RELA), dynamic_value(o, DT_RELASZ));
        relocate(o, dynamic_value(o, DT_JMPREL), dynamic_value(o, DT_PLTRELSZ));
    }
    return auxiliary(auxv, AT_ENTRY);
}
