/* SPDX-License-Identifier: MIT */
/*
 * Where the kernel image lies: linked at its window, loaded at 2 MiB, above what firmware keeps for
 * itself. Each part starts on a page of its own, so that each can have its own protection. The note
 * tells the loader where to enter.
 */
#define LINK_ADDRESS 0xffffffff80200000
#define LOAD_ADDRESS 0x200000

OUTPUT_ARCH(i386:x86-64)
ENTRY(_start)

PHDRS
{
    text PT_LOAD FLAGS(5);
    rodata PT_LOAD FLAGS(4);
    data PT_LOAD FLAGS(6);
    note PT_NOTE FLAGS(4);
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

    .note : AT(ADDR(.note) - LINK_ADDRESS + LOAD_ADDRESS) {
        __rodata_start = .;
        *(.note.pvh)
    } :rodata :note

    .rodata : AT(ADDR(.rodata) - LINK_ADDRESS + LOAD_ADDRESS) {
        *(.rodata .rodata.*)
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
        *(.data .data.*)
        . = ALIGN(8);
        __data_end = .;
    } :data

    .bss : AT(ADDR(.bss) - LINK_ADDRESS + LOAD_ADDRESS) {
        __bss_start = .;
        *(.bss .bss.* COMMON)
        . = ALIGN(4096);
        __bss_end = .;
    } :data
    __kernel_end = .;

    /DISCARD/ : { *(.note*) *(.comment) *(.eh_frame*) }
}
