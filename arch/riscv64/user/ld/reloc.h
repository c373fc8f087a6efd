/* SPDX-License-Identifier: MIT */
/* The relocations that a dynamic linker meets (RISC-V ELF psABI). */
#ifndef RELOC_H
#define RELOC_H

enum {
    R_RISCV_64 = 2,
    R_RISCV_RELATIVE = 3,
    R_RISCV_JUMP_SLOT = 5,
};

/* The object's own address plus the addend; a symbol's address plus the addend. */
#define R_OWN_ADDRESS     R_RISCV_RELATIVE
#define IS_R_SYMBOL(type) ((type) == R_RISCV_64 || (type) == R_RISCV_JUMP_SLOT)

#endif
