/* SPDX-License-Identifier: MIT */
/*
 * Where the kernel image lies: linked at its window, loaded where QEMU's `virt` has memory behind
 * OpenSBI, which enters at the lowest address.
 *
 * There is no __global_pointer$: without it the linker never addresses through gp, which keeps the
 * user's value.
 */
#define LINK_ADDRESS 0xffffffff80200000
#define LOAD_ADDRESS 0x80200000

OUTPUT_ARCH(riscv)
ENTRY(_start)
#include <arch/image.lds>

ASSERT(_start == LINK_ADDRESS, "the entry code must come first")
