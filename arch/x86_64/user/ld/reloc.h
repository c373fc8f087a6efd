/* SPDX-License-Identifier: MIT */
/* The relocations that a dynamic linker meets (x86-64 psABI 4.4). */
#ifndef RELOC_H
#define RELOC_H

enum {
    R_X86_64_64 = 1,
    R_X86_64_GLOB_DAT = 6,
    R_X86_64_JUMP_SLOT = 7,
    R_X86_64_RELATIVE = 8,
};

/* The object's own address plus the addend; a symbol's address plus the addend. */
#define R_OWN_ADDRESS R_X86_64_RELATIVE
#define IS_R_SYMBOL(type)                                                                          \
    ((type) == R_X86_64_64 || (type) == R_X86_64_GLOB_DAT || (type) == R_X86_64_JUMP_SLOT)

#endif
