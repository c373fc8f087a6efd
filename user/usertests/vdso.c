/* SPDX-License-Identifier: MIT */
/*
 * The vdso: a shared object in the memory of every process, to which AT_SYSINFO_EHDR points, and by
 * which signal handlers return that name no code for that.
 */
#include "test.h"
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <arch/machinecode.h>
#include <arch/uabi.h>

extern const Elf64_Ehdr __executable_start;

static const Elf64_Ehdr *vdso(void)
{
    unsigned long at = getauxval(AT_SYSINFO_EHDR);

    CHECK(at != 0 && at % PAGE == 0);
    return (const Elf64_Ehdr *)at;
}

static void mapped(void)
{
    const Elf64_Ehdr *eh = vdso();
    struct area a;

    CHECK(area_at((unsigned long)eh, &a));
    CHECK_EQ(strcmp(a.name, "[vdso]"), 0);
    CHECK_EQ(strcmp(a.perms, "r-xp"), 0);
    CHECK_EQ(a.start, (unsigned long)eh);
    CHECK_EQ(memcmp(eh->e_ident, __executable_start.e_ident, EI_OSABI), 0);
    CHECK_EQ(eh->e_machine, __executable_start.e_machine);
    CHECK_EQ(eh->e_type, ET_DYN);
}

/* A program header of the object; fails when there is none. */
static const Elf64_Phdr *header(const Elf64_Ehdr *eh, unsigned type)
{
    const Elf64_Phdr *ph = (const Elf64_Phdr *)((const char *)eh + eh->e_phoff);

    for (unsigned i = 0; i < eh->e_phnum; i++)
        if (ph[i].p_type == type)
            return &ph[i];
    FAIL("the vdso has no program header %#x", type);
}

/* What an entry of the dynamic section points to. */
static const void *dynamic(const Elf64_Ehdr *eh, long tag)
{
    const char *base = (const char *)eh;
    const Elf64_Dyn *d = (const Elf64_Dyn *)(base + header(eh, PT_DYNAMIC)->p_vaddr);

    for (; d->d_tag != DT_NULL; d++)
        if (d->d_tag == tag)
            return base + d->d_un.d_val;
    FAIL("the vdso's dynamic section has no entry %ld", tag);
}

/* The address of a symbol, as a dynamic linker finds it: by the hash table, which counts them. */
static const char *symbol(const char *name)
{
    const Elf64_Ehdr *eh = vdso();
    const Elf64_Sym *sym = dynamic(eh, DT_SYMTAB);
    const char *strings = dynamic(eh, DT_STRTAB);
    const Elf64_Word *hash = dynamic(eh, DT_HASH);

    for (unsigned i = 0; i < hash[1]; i++)
        if (strcmp(strings + sym[i].st_name, name) == 0 && sym[i].st_shndx != 0)
            return (const char *)eh + sym[i].st_value;
    return NULL;
}

/* The very bytes that debuggers know; and unwinders find their way from there. */
static void exported(void)
{
    const char *code = symbol("__vdso_rt_sigreturn");

    CHECK(code != NULL);
    CHECK_EQ(memcmp(code, sigreturn_code, sizeof(sigreturn_code)), 0);
    CHECK(header(vdso(), PT_GNU_EH_FRAME)->p_filesz > 0);
    CHECK(dynamic(vdso(), DT_VERDEF) != NULL);
}

static volatile int handled;
static void *volatile returns_to;

static void handler(int signo)
{
    handled = signo;
    returns_to = __builtin_return_address(0);
}

/* A handler that the C library adds nothing to. */
static void install(int signo)
{
    struct ksigaction act = {.handler = (void *)handler};

    CHECK_OK(syscall(SYS_rt_sigaction, signo, &act, NULL, sizeof(uint64_t)));
}

static void handler_returns(void)
{
    install(SIGUSR1);
    for (int i = 0; i < 3; i++) {
        handled = 0;
        CHECK_OK(kill(getpid(), SIGUSR1));
        CHECK_EQ(handled, SIGUSR1);
        CHECK(returns_to == symbol("__vdso_rt_sigreturn"));
    }
}

static void raise_it(void *arg)
{
    (void)arg;
    install(SIGUSR1);
    kill(getpid(), SIGUSR1);
    CHECK_EQ(handled, SIGUSR1);
}

static void write_there(void *arg)
{
    volatile char *p = arg;

    CHECK_OK(mprotect(arg, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
    p[PAGE - 1] = 'x';
    CHECK_EQ(p[PAGE - 1], 'x');
}

/* A breakpoint is the writer's alone. */
static void private(void)
{
    char *p = (char *)vdso(), last = p[PAGE - 1];

    EXPECT_SIGNAL(do_write, p, SIGSEGV);
    JOIN(spawn(write_there, p));
    CHECK_EQ(p[PAGE - 1], last);
    JOIN(spawn(raise_it, NULL));
    write_there(p);
    JOIN(spawn(raise_it, NULL));
    raise_it(NULL);
}

/* Who takes it away misses it when a handler returns, and then only. */
static void unmapped(void)
{
    CHECK_OK(munmap((void *)vdso(), PAGE));
    JOIN(spawn(do_read, (void *)raise_it));
    EXPECT_SIGNAL(do_read, vdso(), SIGSEGV);
    EXPECT_SIGNAL(raise_it, NULL, SIGSEGV);
}

/* Something else there instead is what the handler then returns to. */
static void replaced(void)
{
    char *p = (char *)vdso(), *at = (char *)symbol("__vdso_rt_sigreturn");

    CHECK(mmap(p, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
          p);
    memcpy(at, sigreturn_code, sizeof(sigreturn_code));
    CHECK_OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
    JOIN(spawn(raise_it, NULL));
}

const struct test vdso_tests[] = {
    {"vdso-mapped", mapped, 0},
    {"vdso-sigreturn", exported, T_OWN},
    {"vdso-handler-returns", handler_returns, T_OWN},
    {"vdso-private", private, T_OWN},
    {"vdso-unmapped", unmapped, T_OWN},
    {"vdso-replaced", replaced, T_OWN},
    {NULL, NULL, 0},
};
