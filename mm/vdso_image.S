/* SPDX-License-Identifier: MIT */
/*
 * The vdso, a shared object linked from arch/<isa>/vdso/, in a page of the kernel's read-only data;
 * and where in it signal handlers return to, as the Makefile has read it from the symbols.
 */
    .section .rodata.vdso, "a"
    .balign 4096
    .global vdso_image, vdso_sigreturn
vdso_image:
    .incbin VDSO
    .if . - vdso_image > 4096
    .error "the vdso is larger than a page"
    .endif
    .balign 4096
    .set vdso_sigreturn, vdso_image + VDSO_SIGRETURN
