/* SPDX-License-Identifier: MIT */
/*
 * Two tiny programs for the ELF files that elf.c makes, one set for each machine. Neither uses the
 * stack, and both run at any address.
 *
 *   exit_42     exit_group(42)
 *   exit_byte   exit_group(the byte at CODE_BYTE_AT)
 */
#ifndef MACHINECODE_H
#define MACHINECODE_H

#define CODE_BYTE_AT 0x402010

#if defined(__riscv)
static const unsigned char exit_42[] = {
    0x13, 0x05, 0xa0, 0x02, /* li    a0, 42 */
    0x93, 0x08, 0xe0, 0x05, /* li    a7, 94 */
    0x73, 0x00, 0x00, 0x00, /* ecall */
};
static const unsigned char exit_byte[] = {
    0x37, 0x25, 0x40, 0x00, /* lui   a0, 0x402 */
    0x03, 0x45, 0x05, 0x01, /* lbu   a0, 16(a0) */
    0x93, 0x08, 0xe0, 0x05, /* li    a7, 94 */
    0x73, 0x00, 0x00, 0x00, /* ecall */
};
#elif defined(__x86_64__)
static const unsigned char exit_42[] = {
    0xbf, 0x2a, 0x00, 0x00, 0x00, /* mov   edi, 42 */
    0xb8, 0xe7, 0x00, 0x00, 0x00, /* mov   eax, 231 */
    0x0f, 0x05,                   /* syscall */
};
static const unsigned char exit_byte[] = {
    0x0f, 0xb6, 0x3c, 0x25, 0x10, 0x20, 0x40, 0x00, /* movzx edi, byte [0x402010] */
    0xb8, 0xe7, 0x00, 0x00, 0x00,                   /* mov   eax, 231 */
    0x0f, 0x05,                                     /* syscall */
};
#endif

#endif
