/* SPDX-License-Identifier: MIT */
/*
 * Where the kernel image lies: linked at its window, loaded at 2 MiB, above what firmware keeps for
 * itself. The note tells the loader where to enter.
 */
#define LINK_ADDRESS 0xffffffff80200000
#define LOAD_ADDRESS 0x200000
#define IMAGE_NOTE   .note.pvh

OUTPUT_ARCH(i386:x86-64)
ENTRY(_start)
#include <arch/image.lds>
