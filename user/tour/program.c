/* SPDX-License-Identifier: MIT */
/* Claims 6 to 10: what a program's memory consists of. */
#include "tour.h"
#include <cli.h>
#include <elfread.h>
#include <errno.h>
#include <fcntl.h>
#include <pageinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- 6: from bottom to top --- */

static int variable = 39;
static int zero_variable;

/* Where its frame is, so many calls deep. */
static __attribute__((noinline)) uint64_t frame_address(int depth)
{
    volatile char frame[256];

    frame[0] = depth;
    return depth > 0 ? frame_address(depth - 1) + (frame[0] - depth) : (uint64_t)frame;
}

static uint64_t map_page(void)
{
    void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        give_up("mmap");
    return (uint64_t)p;
}

static void growth(uint64_t mapping)
{
    uint64_t brk = (uint64_t)sbrk(PAGE), next = map_page();

    expect((uint64_t)sbrk(0) == brk + PAGE, "the heap grows up: its end went from %lx to %lx", brk,
           (uint64_t)sbrk(0));
    expect(next < mapping, "mappings go down: the next page mapped is at %lx", next);
    expect(frame_address(4) < frame_address(0), "the stack grows down: four calls deeper, %lx",
           frame_address(4));
}

static void bottom_to_top(void)
{
    struct proc_stat stat;
    struct proc_map map;
    char *small = malloc(64);

    if (!small || proc_stat(PROC_SELF, &stat) < 0)
        give_up("malloc");
    variable++;
    zero_variable++;
    const struct {
        const char *what;
        uint64_t address;
    } things[] = {
        {"text", (uint64_t)bottom_to_top},
        {"data", (uint64_t)&variable},
        {"bss", (uint64_t)&zero_variable},
        {"heap", (uint64_t)small},
        {"mapping", map_page()},
        {"stack", frame_address(0)},
        {"arguments", stat.field[STAT_ARG_START]},
        {"environment", stat.field[STAT_ENV_START]},
    };
    enum {
        THINGS = sizeof(things) / sizeof(*things),
        HEAP = 3,
        MAPPING = 4
    };
    int rising = 1;

    for (int i = 0; i < THINGS; i++) {
        say_where(things[i].what, PROC_SELF, things[i].address, &map);
        rising &= i == 0 || things[i].address > things[i - 1].address;
        if (i == HEAP)
            expect(strcmp(map.name, "[heap]") == 0, "that area is the heap");
    }
    expect(rising, "each lies higher than the one before");
    growth(things[MAPPING].address);
    elsewhere("the same order, between 0 and %lx instead of %lx.", slot_size(there()) * 256 - PAGE,
              slot_size(here()) * 256 - PAGE);
}

/* --- 7: the parts of an example --- */

static void part(const struct program *p, const char *word, const char *what, const char *perms,
                 const char *name)
{
    uint64_t address = program_address(p, word);
    struct proc_map map;

    find_area(p->pid, address, &map);
    expect(strcmp(map.perms, perms) == 0 && strcmp(area_name(&map), name) == 0,
           "%-12s %10lx  %s: %s %s", word, address, what, map.perms, area_name(&map));
}

/* Where the linker said it would be. */
static uint64_t symbol(const char *path, const char *name)
{
    const Elf64_Sym *s;
    uint64_t value;
    struct elf_file e;

    if (elf_open(&e, path) < 0)
        give_up("%s", path);
    s = elf_find_symbol(&e, name);
    value = s ? s->st_value : 0;
    elf_close(&e);
    return value;
}

/* The library's code is in the mapping region: above the heap, below the stack, in its own file. */
static void library_part(void)
{
    const char *path = shared_letters();
    struct proc_map map;
    struct program p;
    uint64_t address;

    letters_start(&p, path, 40);
    address = program_address(&p, "printf");
    find_area(p.pid, address, &map);
    expect(map.perms[2] == 'x' && strstr(map.name, ".so") &&
               address > program_address(&p, "buffer") && address < program_address(&p, "num"),
           "%s: printf() is at %lx, between heap and stack: %s %s", path, address, map.perms,
           area_name(&map));
    program_end(&p);
}

static void example(void)
{
    struct program p;

    letters_start(&p, LETTERS, 40);
    say("%s (process %d) has printed 40 letters and waits", LETTERS, p.pid);
    part(&p, "main", "code", "r-xp", "letters");
    part(&p, "format", "the format of its printf()", "r--p", "letters");
    part(&p, "max_length", "a variable with a value", "rw-p", "letters");
    part(&p, "buffer", "from malloc()", "rw-p", "[heap]");
    part(&p, "num", "a variable of main()", "rw-p", "[stack]");
    expect(symbol(LETTERS, "main") == program_address(&p, "main") &&
               symbol(LETTERS, "max_length") == program_address(&p, "max_length"),
           "main and max_length are where `nm %s` says", LETTERS);
    expect(program_end(&p) == 0, "it has ended as it should");
    library_part();
    elsewhere("the same areas by the same names; stack and mappings end below %lx.",
              slot_size(there()) * 256);
}

/* --- 8: text --- */

static void write_text(const void *address)
{
    *(volatile char *)address = 0;
}

static void text_shared(void)
{
    struct program a, b;
    struct proc_map map;
    uint64_t main_a, main_b, frame, count = 0, flags = 0;

    letters_start(&a, LETTERS, 1);
    letters_start(&b, LETTERS, 1);
    main_a = program_address(&a, "main");
    main_b = program_address(&b, "main");
    frame = frame_of(a.pid, main_a);
    find_area(a.pid, main_a, &map);
    say("main() of %s is at %lx; two processes run it", LETTERS, main_a);
    expect(strcmp(map.perms, "r-xp") == 0 && strcmp(map.name, LETTERS) == 0 && map.inode,
           "the area: %lx-%lx %s, %s from byte %lx on", map.start, map.end, map.perms, map.name,
           map.offset);
    expect(frame && frame == frame_of(b.pid, main_b),
           "process %d has frame %lx there, process %d frame %lx", a.pid, frame, b.pid,
           frame_of(b.pid, main_b));
    if (page_flags(frame, &flags) < 0 || page_count(frame, &count) < 0)
        give_up("/proc/kpageflags");
    expect(count >= 2 && !(flags >> KPF_ANON & 1) && (flags >> KPF_LRU & 1),
           "the frame is in the page cache, and %lu page-table entries lead to it", count);
    program_end(&a);
    program_end(&b);

    int status = in_child(write_text, (void *)text_shared);
    expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
           "a process that wrote to its text was killed: %s",
           WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "or was it?");
    elsewhere("the same; in an entry of the page table it is %s that forbids writing.",
              strcmp(there()->machine, "riscv64") == 0 ? "W = 0" : "R/W = 0");
}

/* --- 9: data and bss --- */

/* Two pages each: one of them lies in the area as a whole. */
static char data_pages[2 * PAGE] __attribute__((aligned(4096))) = "as the file has it";
static char bss_pages[2 * PAGE] __attribute__((aligned(4096)));

/* The first byte of data_pages, as the program's file has it. */
static int in_file(const struct proc_map *map)
{
    int fd = open(map->name, O_RDONLY);
    char c;

    if (fd < 0 || pread(fd, &c, 1, map->offset + ((uint64_t)data_pages - map->start)) != 1)
        give_up("%s", map->name);
    close(fd);
    return c;
}

static void private_data(void)
{
    volatile char *data = data_pages, *bss = bss_pages;
    uint64_t address = (uint64_t)data, before, word;
    struct proc_map map;
    int zeros = 1;

    say_where("data", PROC_SELF, address, &map);
    expect(data[0] == 'a' && in_file(&map) == 'a', "memory and file both say \"%s\"", data_pages);
    word = page_word(PROC_SELF, address);
    before = frame_of(PROC_SELF, address);
    expect(before && (word & PM_FILE), "so far read only: frame %lx, a page of the file's", before);
    data[0] = 'A';
    word = page_word(PROC_SELF, address);
    expect(frame_of(PROC_SELF, address) != before && !(word & PM_FILE),
           "written: frame %lx, anonymous: a copy was made at that moment",
           frame_of(PROC_SELF, address));
    expect(data[0] == 'A' && in_file(&map) == 'a',
           "memory says \"%s\" now, the file what it said before", data_pages);

    say_where("bss", PROC_SELF, (uint64_t)bss, &map);
    for (size_t i = 0; i < sizeof(bss_pages); i++)
        zeros &= bss[i] == 0;
    expect(zeros && !map.inode, "zeros, and of no file");
    elsewhere(
        "the same: the hardware only reports a write that an entry forbids; that it means a copy "
        "is the areas' to say.");
}

/* --- 10: a pointer and what it points to --- */

static const char *volatile pointer = "a literal";

static void pointer_and_literal(void)
{
    uint64_t literal = (uint64_t)pointer;
    struct proc_map map;
    struct fault f;

    say_where("the pointer", PROC_SELF, (uint64_t)&pointer, &map);
    expect(strcmp(map.perms, "rw-p") == 0 && map.inode, "it is data: read and written");
    say_where("the literal", PROC_SELF, literal, &map);
    expect(strcmp(map.perms, "r--p") == 0 && map.inode, "that is read-only data");
    pointer = "another one";
    expect(strcmp((const char *)pointer, "another one") == 0 && (uint64_t)pointer != literal,
           "the pointer is changed: it points to \"%s\" now", (const char *)pointer);
    f = provoke(ACCESS_WRITE, literal);
    expect(f.signo == SIGSEGV && f.code == SEGV_ACCERR && f.address == literal, "*literal = 1: %s",
           fault_text(&f));
    expect(strcmp((const char *)literal, "a literal") == 0, "the literal is still \"%s\"",
           (const char *)literal);
    elsewhere("the same: the ELF file has segments that are not to be written on both.");
}

const struct claim program_claims[] = {
    {6, "The user half from bottom to top",
     "Text, data, bss; the heap, which grows upward; the mappings, which go downward; the stack; "
     "above "
     "it the strings of arguments and environment.",
     bottom_to_top},
    {7, "Where the parts of a program are",
     "The example asks for a length, allocates so much, fills it with random letters and prints "
     "them. "
     "Each of its things is in the kind of memory that suits it.",
     example},
    {8, "Text comes from the file, and all who run it share it",
     "A program's code is a mapping of its file that may be read and executed. One copy does for "
     "all "
     "its processes; whoever writes to it is killed.",
     text_shared},
    {9, "Data is a private copy of the file; bss is zeros",
     "Data is mapped from the file privately: what is written there changes memory and never the "
     "file. "
     "For bss there is nothing in the file: it is anonymous.",
     private_data},
    {10, "A pointer can be changed, what it points to perhaps not",
     "static const char *pointer = \"a literal\"; the variable is in one kind of memory, the "
     "characters "
     "are in another.",
     pointer_and_literal},
    {0, NULL, NULL, NULL},
};
