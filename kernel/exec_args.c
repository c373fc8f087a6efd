/* SPDX-License-Identifier: MIT */
/* Arguments, environment and auxiliary vector of a new program: see kernel/exec_args.h. */
#include "kernel/exec_args.h"

#include <arch/identity.h>
#include <arch/sigframe.h>
#include "kernel/errno.h"
#include "kernel/process.h"
#include "kernel/random.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/mm.h"
#include "mm/mmap_layout.h"
#include "mm/slab.h"
#include "mm/uaccess.h"

#define NR_ARG_PAGES (ARG_MAX_BYTES / PAGE_SIZE)
/* Kept below the strings, so that a new program can go some way before its stack has to grow. */
#define INITIAL_STACK (128 * KiB)

int args_init(struct exec_args *args)
{
    *args = (struct exec_args){.pages = kzalloc(NR_ARG_PAGES * sizeof(struct page *), GFP_USER)};
    return args->pages ? 0 : -ENOMEM;
}

void args_free(struct exec_args *args)
{
    if (!args->pages)
        return;
    for (size_t i = 0; i < NR_ARG_PAGES && args->pages[i]; i++)
        put_page(args->pages[i]);
    kfree(args->pages);
}

/* The room left in the page that the next byte goes to. */
static int next_chunk(struct exec_args *args, char **at, size_t *room)
{
    size_t index = args->used >> PAGE_SHIFT, offset = args->used & (PAGE_SIZE - 1);

    if (index >= NR_ARG_PAGES)
        return -E2BIG;
    if (!args->pages[index])
        args->pages[index] = alloc_page(GFP_USER);
    if (!args->pages[index])
        return -ENOMEM;
    *at = (char *)page_address(args->pages[index]) + offset;
    *room = PAGE_SIZE - offset;
    return 0;
}

int args_push(struct exec_args *args, const char *s)
{
    size_t left = strlen(s) + 1;

    while (left > 0) {
        char *at;
        size_t room;
        int err = next_chunk(args, &at, &room);
        if (err)
            return err;
        size_t n = min(left, room);
        memcpy(at, s, n);
        s += n;
        left -= n;
        args->used += n;
    }
    return 0;
}

static int push_user_string(struct exec_args *args, uaddr_t s)
{
    size_t total = 0;

    for (;;) {
        char *at;
        size_t room;
        int err = next_chunk(args, &at, &room);
        if (err)
            return err;
        ssize_t len = strncpy_from_user(at, s + total, room);
        if (len == -EFAULT)
            return -EFAULT;
        bool ends = len >= 0;
        size_t n = ends ? (size_t)len + 1 : room;
        args->used += n;
        total += n;
        if (total > ARG_MAX_ONE)
            return -E2BIG;
        if (ends)
            return 0;
    }
}

int args_push_user(struct exec_args *args, uaddr_t array, size_t *count)
{
    for (; array; array += sizeof(uaddr_t)) {
        uaddr_t s;
        if (get_user(s, array))
            return -EFAULT;
        if (!s)
            break;
        int err = push_user_string(args, s);
        if (err)
            return err;
        if (++*count > ARG_MAX_BYTES / (2 * sizeof(uaddr_t)))
            return -E2BIG;
        cond_resched();
    }
    return 0;
}

/* Copies `n` string bytes from `offset` on, which may cross pages. */
static void read_bytes(const struct exec_args *args, size_t offset, char *buf, size_t n)
{
    while (n > 0) {
        size_t in_page = offset & (PAGE_SIZE - 1), chunk = min(n, PAGE_SIZE - in_page);
        memcpy(buf, (char *)page_address(args->pages[offset >> PAGE_SHIFT]) + in_page, chunk);
        buf += chunk;
        offset += chunk;
        n -= chunk;
    }
}

/* Length of the string at `offset`, with its terminator. */
static size_t string_size(const struct exec_args *args, size_t offset)
{
    for (size_t at = offset;;) {
        size_t in_page = at & (PAGE_SIZE - 1);
        const char *s = (char *)page_address(args->pages[at >> PAGE_SHIFT]) + in_page;
        const char *end = memchr(s, '\0', PAGE_SIZE - in_page);
        if (end)
            return at + (size_t)(end - s) + 1 - offset;
        at += PAGE_SIZE - in_page;
    }
}

int args_replace_first(struct exec_args *args, const char *const strings[], size_t n)
{
    struct exec_args fresh;
    size_t offset = args->argc ? string_size(args, 0) : 0;
    int err = args_init(&fresh);

    for (size_t i = 0; !err && i < n; i++)
        err = args_push(&fresh, strings[i]);
    while (!err && offset < args->used) {
        char *at;
        size_t room;
        err = next_chunk(&fresh, &at, &room);
        if (err)
            break;
        size_t chunk = min(room, args->used - offset);
        read_bytes(args, offset, at, chunk);
        fresh.used += chunk;
        offset += chunk;
    }
    if (err) {
        args_free(&fresh);
        return err;
    }
    fresh.argc = args->argc - (args->argc ? 1 : 0) + n;
    fresh.envc = args->envc;
    args_free(args);
    *args = fresh;
    return 0;
}

/* --- the stack --- */

enum {
    AT_NULL,
    AT_PHDR = 3,
    AT_PHENT,
    AT_PHNUM,
    AT_PAGESZ,
    AT_BASE,
    AT_FLAGS,
    AT_ENTRY,
    AT_UID = 11,
    AT_EUID,
    AT_GID,
    AT_EGID,
    AT_PLATFORM,
    AT_HWCAP,
    AT_CLKTCK,
    AT_SECURE = 23,
    AT_RANDOM = 25,
    AT_EXECFN = 31,
    AT_SYSINFO_EHDR = 33,
    AT_MINSIGSTKSZ = 51,
};

/* Words go to the new stack through a small buffer, ascending. */
struct word_writer {
    struct mm_struct *mm;
    vaddr_t at;
    bool failed;
    unsigned n;
    uint64_t words[64];
};

static void flush_words(struct word_writer *w)
{
    size_t size = w->n * sizeof(uint64_t);

    if (write_process_vm(w->mm, w->at, w->words, size) != size)
        w->failed = true;
    w->at += size;
    w->n = 0;
}

static void put_word(struct word_writer *w, uint64_t word)
{
    w->words[w->n++] = word;
    if (w->n == ARRAY_SIZE(w->words))
        flush_words(w);
}

/* Pointers to `count` strings, the first of which is at offset *offset, and a terminating 0. */
static void put_pointers(struct word_writer *w, const struct exec_args *args, size_t count,
                         size_t *offset, vaddr_t strings)
{
    while (count-- > 0) {
        put_word(w, strings + *offset);
        *offset += string_size(args, *offset);
    }
    put_word(w, 0);
}

static size_t make_auxv(struct mm_struct *mm, const struct elf_image *image, vaddr_t random,
                        vaddr_t platform, vaddr_t execfn)
{
    const uint64_t pairs[] = {AT_PHDR,         image->phdr,
                              AT_PHENT,        56,
                              AT_PHNUM,        image->phnum,
                              AT_PAGESZ,       PAGE_SIZE,
                              AT_BASE,         image->interpreter_base,
                              AT_FLAGS,        0,
                              AT_ENTRY,        image->program_entry,
                              AT_UID,          0,
                              AT_EUID,         0,
                              AT_GID,          0,
                              AT_EGID,         0,
                              AT_SECURE,       0,
                              AT_CLKTCK,       100,
                              AT_SYSINFO_EHDR, mm->vdso,
                              AT_HWCAP,        ARCH_ELF_HWCAP,
                              AT_PLATFORM,     platform,
                              AT_RANDOM,       random,
                              AT_EXECFN,       execfn,
                              AT_MINSIGSTKSZ,  arch_sigframe_size(),
                              AT_NULL,         0};

    _Static_assert(sizeof(pairs) <= sizeof(mm->saved_auxv), "/proc/N/auxv has all of it");
    memcpy(mm->saved_auxv, pairs, sizeof(pairs));
    return ARRAY_SIZE(pairs);
}

/* The area for it all: what the strings and pointers need, and some room below. */
static int map_stack(struct mm_struct *mm, vaddr_t top, size_t size, unsigned extra_flags)
{
    unsigned flags = VM_READ | VM_WRITE | VM_GROWSDOWN | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
    struct vm_area_struct *below;
    uint64_t limit = ALIGN_DOWN(current->rlim[RLIMIT_STACK].cur, PAGE_SIZE);

    size = ALIGN_UP(size, PAGE_SIZE);
    if (size > limit)
        return -E2BIG;
    size = min(size + INITIAL_STACK, limit);
    if (find_vma_prev(mm, top - size - STACK_GUARD_GAP, &below))
        return -ENOMEM;
    if (!may_expand_vm(mm, flags, size >> PAGE_SHIFT))
        return -ENOMEM;
    struct vm_area_struct *vma = vma_map(mm, top - size, top, flags | extra_flags, NULL, 0);
    return IS_ERR(vma) ? (int)PTR_ERR(vma) : 0;
}

static int put_bytes(struct mm_struct *mm, vaddr_t va, const void *bytes, size_t n)
{
    return write_process_vm(mm, va, bytes, n) == n ? 0 : -ENOMEM;
}

static int put_strings(const struct exec_args *args, struct mm_struct *mm, vaddr_t strings)
{
    int err = 0;

    for (size_t done = 0; !err && done < args->used; done += PAGE_SIZE)
        err = put_bytes(mm, strings + done, page_address(args->pages[done >> PAGE_SHIFT]),
                        min(PAGE_SIZE, args->used - done));
    return err;
}

int args_build_stack(struct exec_args *args, struct mm_struct *mm, const struct mmap_layout *layout,
                     const struct elf_image *image, const char *filename, vaddr_t *sp)
{
    uint8_t seed[16];
    size_t name_size = strlen(filename) + 1;
    vaddr_t execfn = layout->stack_top - sizeof(uint64_t) - name_size;
    vaddr_t strings = execfn - args->used;
    vaddr_t platform = strings - layout->stack_shift - sizeof(ARCH_NAME);
    vaddr_t random = ALIGN_DOWN(platform - sizeof(seed), 16);
    size_t nr_aux = make_auxv(mm, image, random, platform, execfn);
    size_t words = 1 + args->argc + 1 + args->envc + 1 + nr_aux, offset = 0;

    *sp = ALIGN_DOWN(random - words * sizeof(uint64_t), 16);
    int err = map_stack(mm, layout->stack_top, layout->stack_top - *sp,
                        image->executable_stack ? VM_EXEC : 0);
    if (err)
        return err;
    get_random_bytes(seed, sizeof(seed));
    if (put_bytes(mm, execfn, filename, name_size) ||
        put_bytes(mm, platform, ARCH_NAME, sizeof(ARCH_NAME)) ||
        put_bytes(mm, random, seed, sizeof(seed)) || put_strings(args, mm, strings))
        return -ENOMEM;

    struct word_writer w = {.mm = mm, .at = *sp};
    put_word(&w, args->argc);
    put_pointers(&w, args, args->argc, &offset, strings);
    mm->arg_start = strings;
    mm->arg_end = mm->env_start = strings + offset;
    put_pointers(&w, args, args->envc, &offset, strings);
    mm->env_end = strings + offset;
    for (size_t i = 0; i < nr_aux; i++)
        put_word(&w, mm->saved_auxv[i]);
    flush_words(&w);
    mm->start_stack = *sp;
    return w.failed ? -ENOMEM : 0;
}
