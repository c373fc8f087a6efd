/* SPDX-License-Identifier: MIT */
/*
 * The argument and environment strings on their way from the old program to the new one: gathered
 * in pages of the kernel's, since the memory they come from goes away.
 */
#ifndef KERNEL_EXEC_ARGS_H
#define KERNEL_EXEC_ARGS_H

#include "kernel/types.h"

#define ARG_MAX_BYTES (2 * MiB)   /* strings and pointers together: a quarter of the stack */
#define ARG_MAX_ONE   (128 * KiB) /* one string */

struct page;
struct elf_image;
struct mm_struct;
struct mmap_layout;

struct exec_args {
    struct page **pages; /* ARG_MAX_BYTES / PAGE_SIZE of them, filled as needed */
    size_t used;         /* bytes of strings: argv's, then envp's, each terminated */
    size_t argc, envc;
};

int args_init(struct exec_args *args);
void args_free(struct exec_args *args);

/* Appends one string. 0, -E2BIG, -ENOMEM. */
int args_push(struct exec_args *args, const char *s);
/* The same from a user array of pointers; adds their number to *count. Also -EFAULT. */
int args_push_user(struct exec_args *args, uaddr_t array, size_t *count);
/* Takes the first string (argv[0]) out, for a script's interpreter to put others in its place. */
int args_replace_first(struct exec_args *args, const char *const strings[], size_t n);

/*
 * Makes the stack of a new program in `mm` as the System V ABI says it: from sp upwards argc, argv,
 * envp, auxv, then the strings. Sets the mm's stack and argument addresses. 0 or -errno.
 */
int args_build_stack(struct exec_args *args, struct mm_struct *mm, const struct mmap_layout *layout,
                     const struct elf_image *image, const char *filename, vaddr_t *sp);

#endif
