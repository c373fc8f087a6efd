/* SPDX-License-Identifier: MIT */
/*
 * Where the parts of the kernel image begin and end: symbols of image.lds. All are at the beginning
 * of a page but __data_end and __bss_start.
 */
#ifndef ARCH_IMAGE_H
#define ARCH_IMAGE_H

extern char __kernel_start[], __kernel_end[];
extern char __text_start[], __text_end[], __rodata_start[], __rodata_end[];
extern char __data_start[], __data_end[], __bss_start[], __bss_end[];

#endif
