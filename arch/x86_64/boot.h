/* SPDX-License-Identifier: MIT */
/* Of the code that runs before a CPU is at the kernel's own addresses: boot.S and trampoline.S. */
#ifndef X86_BOOT_H
#define X86_BOOT_H

/* boot_gdt's flat segments. */
#define BOOT_CS32      0x08
#define BOOT_DS        0x10
#define BOOT_CS64      0x18
#define BOOT_GDT_LIMIT 0x1f

/* The physical address of what is linked at `sym`: the image is loaded where it is linked to be. */
#define PA(sym) ((sym)-0xffffffff80000000)

#endif
