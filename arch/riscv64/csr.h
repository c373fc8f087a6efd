/* SPDX-License-Identifier: MIT */
/* Control and status registers: access, and the bits we use. Privileged ISA, chapter 4. */
#ifndef RISCV_CSR_H
#define RISCV_CSR_H

#define SSTATUS_SPIE       (1 << 5)
#define SSTATUS_SPP        (1 << 8)
#define SSTATUS_FS         (3 << 13) /* off, initial, clean, dirty */
#define SSTATUS_FS_INITIAL (1 << 13)
#define SSTATUS_FS_CLEAN   (2 << 13)
#define SSTATUS_SUM        (1 << 18)

#ifndef __ASSEMBLER__
#include "kernel/types.h"

#define SSTATUS_UXL (3ul << 32)

/* sie, sip: one bit for each interrupt cause. */
#define IRQ_SOFT  1
#define IRQ_TIMER 5
#define IRQ_EXT   9

/* scause. */
#define CAUSE_INTERRUPT (1ul << 63)
enum {
    CAUSE_ECALL = 8,
    CAUSE_FETCH_FAULT = 12,
    CAUSE_LOAD_FAULT,
    CAUSE_STORE_FAULT = 15
};

#define CSR_STIMECMP     0x14d

#define SATP_MODE        ((SV - 39ul) / 9 + 8) /* 8, 9, 10: Sv39, Sv48, Sv57 */
#define SATP_ASID_SHIFT  44
#define SATP_ASID_MAX    0xfffful
#define SATP(root, asid) (SATP_MODE << 60 | (uint64_t)(asid) << SATP_ASID_SHIFT | (root) >> 12)

#define CSR_NAME(x)      #x
#define csr_read(csr)                                                                              \
    ({                                                                                             \
        uint64_t csr_value_;                                                                       \
        __asm__ volatile("csrr %0, " CSR_NAME(csr) : "=r"(csr_value_)::"memory");                  \
        csr_value_;                                                                                \
    })
#define csr_write(csr, value)                                                                      \
    __asm__ volatile("csrw " CSR_NAME(csr) ", %0" ::"rK"((uint64_t)(value)) : "memory")
#define csr_set(csr, bits)                                                                         \
    __asm__ volatile("csrs " CSR_NAME(csr) ", %0" ::"rK"((uint64_t)(bits)) : "memory")
#define csr_clear(csr, bits)                                                                       \
    __asm__ volatile("csrc " CSR_NAME(csr) ", %0" ::"rK"((uint64_t)(bits)) : "memory")
#endif
#endif
