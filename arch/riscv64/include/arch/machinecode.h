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

#endif
