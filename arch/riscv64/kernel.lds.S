/* SPDX-License-Identifier: MIT */
/*
 * Where the kernel image lies: linked at its window, loaded where QEMU's `virt` has memory behind
 * OpenSBI. The entry code comes first, for the loader enters at the lowest address. Each part
 * starts on a page of its own, so that each can have its own protection.
 *
 * There is no __global_pointer$: without it the linker never addresses through gp, which keeps the
 * user's value.
 */
#define LINK_ADDRESS 0xffffffff80200000
#define LOAD_ADDRESS 0x80200000

OUTPUT_ARCH(riscv)
ENTRY(_start)

PHDRS
{
    text PT_LOAD FLAGS(5);
    rodata PT_LOAD FLAGS(4);
    data PT_LOAD FLAGS(6);
}

SECTIONS
{
    . = LINK_ADDRESS;
    __kernel_start = .;

    .text : AT(ADDR(.text) - LINK_ADDRESS + LOAD_ADDRESS) {
        __text_start = .;
        *(.text.entry)
        *(.text .text.*)
        . = ALIGN(4096);
        __text_end = .;
    } :text

    .rodata : AT(ADDR(.rodata) - LINK_ADDRESS + LOAD_ADDRESS) {
        __rodata_start = .;
        *(.rodata .rodata.* .srodata .srodata.*)
        . = ALIGN(8);
        __extable_start = .;
        *(.extable)
        __extable_end = .;
        /* Behind all that text refers to: its size is known only after a first link. */
        *(.ksyms)
        . = ALIGN(4096);
        __rodata_end = .;
    } :rodata

    .data : AT(ADDR(.data) - LINK_ADDRESS + LOAD_ADDRESS) {
        __data_start = .;
        *(.data .data.* .sdata .sdata.*)
        . = ALIGN(8);
        __data_end = .;
    } :data

    .bss : AT(ADDR(.bss) - LINK_ADDRESS + LOAD_ADDRESS) {
        __bss_start = .;
        *(.bss .bss.* .sbss .sbss.* COMMON)
        . = ALIGN(4096);
        __bss_end = .;
    } :data
    __kernel_end = .;

    /DISCARD/ : { *(.note*) *(.comment) *(.eh_frame*) }
}

ASSERT(_start == LINK_ADDRESS, "the entry code must come first")
