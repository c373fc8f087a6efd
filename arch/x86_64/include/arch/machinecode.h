/* SPDX-License-Identifier: MIT */
/*
 * Two tiny programs, for tests that make executable files of their own. Neither uses the stack, and
 * both run at any address.
 *
 *   exit_42     exit_group(42)
 *   exit_byte   exit_group(the byte at CODE_BYTE_AT)
 */
#ifndef ARCH_MACHINECODE_H
#define ARCH_MACHINECODE_H

#define CODE_BYTE_AT 0x402010

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
