/* SPDX-License-Identifier: MIT */
/*
 * execve of ELF files that are wrong in many ways. Each is refused, or kills only itself; the good
 * one that all of them are made from runs.
 */
#include "test.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <arch/machinecode.h>

#define TEXT_VA  0x400000ul
#define CODE_OFF 0x200ul
#define DATA_VA  0x402000ul
#define DATA_OFF 0x1000ul

extern const Elf64_Ehdr __executable_start; /* our own header: this machine's numbers */

/* Headers and code in the first page, some data in the second. */
static struct image {
    Elf64_Ehdr eh;
    Elf64_Phdr ph[4];
    unsigned char rest[0x1200 - sizeof(Elf64_Ehdr) - 4 * sizeof(Elf64_Phdr)];
} img;

static void good_image(void)
{
    memset(&img, 0, sizeof(img));
    img.eh = __executable_start;
    img.eh.e_type = ET_EXEC;
    img.eh.e_entry = TEXT_VA + CODE_OFF;
    img.eh.e_phoff = offsetof(struct image, ph);
    img.eh.e_phnum = 2;
    img.eh.e_shoff = img.eh.e_shnum = img.eh.e_shstrndx = 0;
    img.ph[0] = (Elf64_Phdr){.p_type = PT_LOAD,
                             .p_flags = PF_R | PF_X,
                             .p_offset = 0,
                             .p_vaddr = TEXT_VA,
                             .p_filesz = 0x300,
                             .p_memsz = 0x300,
                             .p_align = PAGE};
    img.ph[1] = (Elf64_Phdr){.p_type = PT_LOAD,
                             .p_flags = PF_R | PF_W,
                             .p_offset = DATA_OFF,
                             .p_vaddr = DATA_VA,
                             .p_filesz = 16,
                             .p_memsz = 3 * PAGE,
                             .p_align = PAGE};
    memcpy((char *)&img + CODE_OFF, exit_42, sizeof(exit_42));
    memset((char *)&img + DATA_OFF, 0xee, sizeof(img) - DATA_OFF);
}

void write_program(const char *path, const void *code, size_t size)
{
    good_image();
    memcpy((char *)&img + CODE_OFF, code, size);
    write_file(path, &img, sizeof(img));
}

#define EXEC_FAILED 100 /* plus errno: exit status of a child whose execve failed */

static int run_file(const char *name)
{
    char *argv[] = {"x", NULL}, *envp[] = {NULL};
    pid_t pid = CHECK_OK(fork());

    if (pid == 0) {
        execve(name, argv, envp);
        _exit(EXEC_FAILED + errno);
    }
    return join_or_kill(pid, 2000);
}

static int run_image(size_t size)
{
    unlink("image");
    write_file("image", &img, size);
    return run_file("image");
}

enum expected {
    RUNS,     /* and ends with status 42 */
    NOEXEC,   /* execve says ENOEXEC */
    REFUSED,  /* execve fails, or the new program is killed before or when it starts */
    HARMLESS, /* one of all these */
};

static void check_image(const char *what, size_t size, enum expected expected)
{
    int status = run_image(size);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    int error = code > EXEC_FAILED ? code - EXEC_FAILED : 0;
    bool refused = error != 0 || WIFSIGNALED(status);
    bool as_expected[] = {
        [RUNS] = code == 42,
        [NOEXEC] = error == ENOEXEC,
        [REFUSED] = refused,
        [HARMLESS] = refused || code == 42,
    };

    if (!as_expected[expected])
        FAIL("%s: status %#x (execve said %s)", what, status, error ? strerror(error) : "nothing");
}

static void good(void)
{
    good_image();
    check_image("good", sizeof(img), RUNS);
    img.eh.e_phnum = 1;
    check_image("one segment", 0x300, RUNS);
}

/*
 * In the page where the file's part of the data ends, what follows is zero, not the file's bytes.
 */
static void bss_in_last_page(void)
{
    good_image();
    memcpy((char *)&img + CODE_OFF, exit_byte, sizeof(exit_byte));
    CHECK_EQ(run_image(sizeof(img)), 0);
    img.ph[1].p_filesz = CODE_BYTE_AT - DATA_VA + 1;
    CHECK_EQ(WEXITSTATUS(run_image(sizeof(img))), 0xee);
    img.ph[1].p_filesz = 0;
    CHECK_EQ(run_image(sizeof(img)), 0);
}

/* Address and offset need only agree in their last twelve bits. */
static void unaligned(void)
{
    good_image();
    img.ph[0].p_offset = CODE_OFF;
    img.ph[0].p_vaddr = TEXT_VA + CODE_OFF;
    img.ph[0].p_filesz = img.ph[0].p_memsz = 0x40;
    check_image("congruent", sizeof(img), RUNS);
    img.ph[0].p_vaddr += 4;
    check_image("not congruent", sizeof(img), REFUSED);
    good_image();
    img.ph[0].p_align = 0;
    img.ph[1].p_align = 3;
    check_image("odd alignment", sizeof(img), HARMLESS);
}

static void position_independent(void)
{
    good_image();
    img.eh.e_type = ET_DYN;
    img.eh.e_entry = CODE_OFF;
    img.ph[0].p_vaddr = 0;
    img.ph[1].p_vaddr = 0x2000;
    check_image("ET_DYN", sizeof(img), RUNS);
}

static void truncated(void)
{
    size_t headers = offsetof(struct image, rest);

    good_image();
    for (size_t n = 0; n < sizeof(img); n += n < headers ? 13 : 311) {
        bool complete = n >= sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);
        check_image("truncated", n, complete ? HARMLESS : NOEXEC);
    }
    check_image("whole", sizeof(img), RUNS);
}

/* One field of the header after the other. */
static void header(void)
{
    good_image();
    img.eh.e_ident[0] = 0x7e;
    check_image("magic", sizeof(img), NOEXEC);
    good_image();
    img.eh.e_ident[3] = 'f';
    check_image("magic", sizeof(img), NOEXEC);
    good_image();
    img.eh.e_machine = img.eh.e_machine == EM_RISCV ? EM_X86_64 : EM_RISCV;
    check_image("machine", sizeof(img), NOEXEC);
    img.eh.e_machine = 0;
    check_image("no machine", sizeof(img), NOEXEC);
    for (int type = 0; type < 6; type++)
        if (type != ET_EXEC && type != ET_DYN) {
            good_image();
            img.eh.e_type = type;
            check_image("type", sizeof(img), NOEXEC);
        }
    good_image();
    img.eh.e_ident[EI_CLASS] = ELFCLASS32;
    check_image("class", sizeof(img), reference ? HARMLESS : NOEXEC);
    img.eh.e_ident[EI_CLASS] = 77;
    check_image("class", sizeof(img), reference ? HARMLESS : NOEXEC);
    good_image();
    img.eh.e_ident[EI_DATA] = ELFDATA2MSB;
    check_image("byte order", sizeof(img), reference ? HARMLESS : NOEXEC);
}

static void header_table(void)
{
    static const uint64_t offsets[] = {sizeof(img), 1ul << 40, 1ul << 63, -1ul, -56ul};

    good_image();
    img.eh.e_phnum = 0;
    check_image("no program headers", sizeof(img), NOEXEC);
    img.eh.e_phnum = 65535;
    check_image("65535 program headers", sizeof(img), NOEXEC);
    img.eh.e_phnum = 1100;
    check_image("1100 program headers", sizeof(img), NOEXEC);
    good_image();
    img.eh.e_phentsize = 32;
    check_image("small entries", sizeof(img), NOEXEC);
    img.eh.e_phentsize = 0;
    check_image("empty entries", sizeof(img), NOEXEC);
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        good_image();
        img.eh.e_phoff = offsets[i];
        check_image("offset of program headers", sizeof(img), NOEXEC);
    }
    good_image();
    img.eh.e_phoff += 3;
    check_image("shifted program headers", sizeof(img), REFUSED);
    good_image();
    img.ph[0].p_type = img.ph[1].p_type = PT_NULL;
    check_image("nothing to load", sizeof(img), REFUSED);
}

/* Segments where no program may be. */
static void wrong_places(void)
{
    const uint64_t places[] = {
        USER_LIMIT,   user_end(),           user_end() * 2,     slot_va(256), slot_va(272),
        slot_va(402), 0xffffffff80000000ul, 0xffffffff80200000, -PAGE,        1ul << 62,
    };

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        good_image();
        img.ph[0].p_vaddr = places[i];
        img.eh.e_entry = places[i] + CODE_OFF;
        check_image("text in a wrong place", sizeof(img), REFUSED);
        good_image();
        img.ph[1].p_vaddr = places[i];
        check_image("data in a wrong place", sizeof(img), REFUSED);
        good_image();
        img.ph[1].p_vaddr = places[i] - PAGE;
        check_image("data across an end", sizeof(img), REFUSED);
        good_image();
        img.eh.e_type = ET_DYN;
        img.ph[1].p_vaddr = places[i];
        check_image("ET_DYN, data in a wrong place", sizeof(img), REFUSED);
    }
    for (uint64_t at = 0; at < 0x10000; at += 0x8000) {
        good_image();
        img.ph[0].p_vaddr = at;
        img.eh.e_entry = at + CODE_OFF;
        check_image("text at 0", sizeof(img), reference ? HARMLESS : REFUSED);
    }
}

static void wrong_sizes(void)
{
    const uint64_t sizes[] = {user_end(), user_end() - DATA_VA, 1ul << 62, 1ul << 63, -1ul, -PAGE,
                              -DATA_VA,   -DATA_VA + PAGE};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        good_image();
        img.ph[1].p_memsz = sizes[i];
        check_image("huge bss", sizeof(img), REFUSED);
        img.ph[1].p_filesz = sizes[i];
        check_image("huge data", sizeof(img), REFUSED);
        good_image();
        img.ph[1].p_offset = sizes[i] & -PAGE;
        check_image("offset", sizeof(img), HARMLESS);
    }
    good_image();
    img.ph[1].p_memsz = 15;
    check_image("memsz < filesz", sizeof(img), REFUSED);
    good_image();
    img.ph[0].p_memsz = 0;
    check_image("memsz 0, filesz not", sizeof(img), REFUSED);
    good_image();
    img.ph[1].p_filesz = img.ph[1].p_memsz = 1ul << 32;
    check_image("data beyond the end of the file", sizeof(img), HARMLESS);
    good_image();
    img.ph[1].p_filesz = img.ph[1].p_memsz = 0;
    check_image("empty segment", sizeof(img), RUNS);
}

static void overlapping(void)
{
    good_image();
    img.ph[1].p_vaddr = TEXT_VA;
    check_image("data over text", sizeof(img), HARMLESS);
    img.ph[1].p_vaddr = TEXT_VA - 2 * PAGE;
    check_image("bss over text", sizeof(img), HARMLESS);
    good_image();
    img.ph[1] = img.ph[0];
    check_image("the same twice", sizeof(img), HARMLESS);
    good_image();
    img.ph[1].p_vaddr = TEXT_VA - 4 * PAGE;
    check_image("descending", sizeof(img), HARMLESS);
}

static void wrong_entry(void)
{
    const uint64_t entries[] = {
        0,          8,          TEXT_VA - 4,  TEXT_VA + PAGE, DATA_VA,   DATA_VA + 2 * PAGE,
        USER_LIMIT, user_end(), slot_va(256), slot_va(272),   1ul << 62, 0xffffffff80200000ul,
        -4ul,
    };

    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        good_image();
        img.eh.e_entry = entries[i];
        check_image("entry", sizeof(img), REFUSED);
    }
}

static void interpreter(void)
{
    static const char missing[] = "/no/such/ld.so";

    good_image();
    memcpy((char *)&img + 0x400, missing, sizeof(missing));
    img.eh.e_phnum = 3;
    img.ph[2] = (Elf64_Phdr){.p_type = PT_INTERP,
                             .p_flags = PF_R,
                             .p_offset = 0x400,
                             .p_filesz = sizeof(missing),
                             .p_memsz = sizeof(missing)};
    check_image("missing interpreter", sizeof(img), REFUSED);
    img.ph[2].p_filesz = sizeof(missing) - 1;
    check_image("name without an end", sizeof(img), REFUSED);
    img.ph[2].p_filesz = 1 << 20;
    check_image("name too long", sizeof(img), REFUSED);
    img.ph[2].p_offset = 1ul << 40;
    check_image("name beyond the file", sizeof(img), REFUSED);
    memcpy((char *)&img + 0x400, "image", 6);
    img.ph[2].p_offset = 0x400;
    img.ph[2].p_filesz = 6;
    check_image("its own interpreter", sizeof(img), HARMLESS);
}

/* A program whose interpreter is called `name`, of so many bytes. */
static void with_interpreter(const char *name, size_t size)
{
    good_image();
    memcpy((char *)&img + 0x400, name, size);
    img.eh.e_phnum = 3;
    img.ph[2] = (Elf64_Phdr){
        .p_type = PT_INTERP, .p_flags = PF_R, .p_offset = 0x400, .p_filesz = size, .p_memsz = size};
}

/* execve must fail with `error`; 0: the program or its interpreter ends with status 42. */
static void check_error(const char *what, int error)
{
    int status = run_image(sizeof(img)), wanted = error ? EXEC_FAILED + error : 42;

    if (!WIFEXITED(status) || WEXITSTATUS(status) != wanted)
        FAIL("%s: status %#x, not %#x", what, status, wanted << 8);
}

static void interpreter_names(void)
{
    with_interpreter("./ld", 5);
    check_error("missing", ENOENT);
    CHECK_OK(mkdir("ld", 0755));
    check_error("a directory", EACCES);
    with_interpreter("./ld/x", 7);
    check_error("missing in a directory", ENOENT);
    with_interpreter("./ld", 4);
    check_error("without an end", ENOEXEC);
    with_interpreter("", 1);
    check_error("one byte", ENOEXEC);
    img.ph[2].p_filesz = 0;
    check_error("no byte", ENOEXEC);
    img.ph[2].p_filesz = 4097;
    check_error("too long", ENOEXEC);
    with_interpreter("./ld", 5);
    img.ph[2].p_offset = 1 << 20;
    check_error("beyond the end", EIO);
    img.ph[2].p_offset = 1ul << 63;
    check_error("at a negative offset", EINVAL);
}

/* ./ld becomes img with one field changed: what a program that names it then comes to. */
static void check_interpreter(const char *what, size_t size, int error)
{
    unlink("ld");
    write_file("ld", &img, size);
    with_interpreter("./ld", 5);
    check_error(what, error);
}

static void good_interpreter(void)
{
    good_image();
    img.eh.e_type = ET_DYN;
    img.eh.e_entry = CODE_OFF;
    img.ph[0].p_vaddr = 0;
    img.ph[1].p_vaddr = 0x2000;
}

static void interpreter_files(void)
{
    int fd;

    good_interpreter();
    check_interpreter("good", sizeof(img), 0);
    CHECK_OK(chmod("ld", 0644));
    check_error("not executable", EACCES);
    CHECK_OK(chmod("ld", 0755));
    fd = CHECK_OK(open("ld", O_WRONLY));
    check_error("open for writing", ETXTBSY);
    close(fd);
    check_error("closed again", 0);

    good_interpreter();
    img.eh.e_type = ET_EXEC;
    img.eh.e_entry += 0x10000000;
    img.ph[0].p_vaddr += 0x10000000;
    img.ph[1].p_vaddr += 0x10000000;
    check_interpreter("with an address of its own", sizeof(img), 0);
    good_interpreter();
    check_interpreter("half a header", 40, EIO);
    good_interpreter();
    img.eh.e_ident[0] = '#';
    check_interpreter("not ELF", sizeof(img), ELIBBAD);
    good_interpreter();
    img.eh.e_machine = img.eh.e_machine == EM_RISCV ? EM_X86_64 : EM_RISCV;
    check_interpreter("another machine's", sizeof(img), ELIBBAD);
    good_interpreter();
    img.eh.e_phnum = 0;
    check_interpreter("no program headers", sizeof(img), ELIBBAD);
    good_interpreter();
    img.eh.e_phoff = 1 << 20;
    check_interpreter("program headers beyond the end", sizeof(img), ELIBBAD);
    memcpy(&img, "#!/bin/sh\n", 10);
    check_interpreter("a script", sizeof(img), ELIBBAD);
}

/* Any byte of the headers may be anything. */
static void mutated(void)
{
    unsigned long state = seed;
    int rounds = stress ? 5000 : 120;

    for (int i = 0; i < rounds; i++) {
        good_image();
        for (unsigned long n = 1 + draw(&state) % 4; n > 0; n--) {
            size_t at = 4 + draw(&state) % (offsetof(struct image, ph[2]) - 4);
            ((unsigned char *)&img)[at] = draw(&state) >> 20;
        }
        check_image("mutated", sizeof(img), HARMLESS);
    }
}

/* After all that, a good program still runs, and those who watched still live. */
static void many_bad_ones(void)
{
    char *p = map(32 * PAGE, PROT_READ | PROT_WRITE);

    fill_pattern(p, 32 * PAGE, 9);
    for (int i = 0; i < 40; i++) {
        good_image();
        img.ph[1].p_memsz = -PAGE;
        check_image("bad", sizeof(img), REFUSED);
        good_image();
        check_image("good", sizeof(img), RUNS);
    }
    check_pattern(p, 32 * PAGE, 9);
}

const struct test elf_tests[] = {
    {"exec-elf-good", good, 0},
    {"exec-elf-bss-in-last-page", bss_in_last_page, 0},
    {"exec-elf-unaligned", unaligned, 0},
    {"exec-elf-position-independent", position_independent, 0},
    {"exec-elf-truncated", truncated, 0},
    {"exec-elf-header", header, 0},
    {"exec-elf-header-table", header_table, 0},
    {"exec-elf-wrong-places", wrong_places, 0},
    {"exec-elf-wrong-sizes", wrong_sizes, 0},
    {"exec-elf-overlapping", overlapping, 0},
    {"exec-elf-wrong-entry", wrong_entry, 0},
    {"exec-elf-interpreter", interpreter, 0},
    {"exec-elf-interpreter-names", interpreter_names, 0},
    {"exec-elf-interpreter-files", interpreter_files, 0},
    {"exec-elf-mutated", mutated, 0},
    {"exec-elf-many-bad-ones", many_bad_ones, 0},
    {NULL, NULL, 0},
};
