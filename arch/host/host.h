/* SPDX-License-Identifier: MIT */
/*
 * The host port: mm/ as an ordinary process.
 *
 * "Physical memory" is a mapping of the process, page tables are walked in software (mmu.c) through
 * a TLB that forgets nothing on its own (tlb.c), CPUs are contexts that one thread puts on in turn.
 * What mm/ needs from kernel/ that is not linked is in kernel.c. Beyond the contract, this is what
 * a test may do.
 */
#ifndef ARCH_HOST_H
#define ARCH_HOST_H

#include <setjmp.h>
#include "kernel/types.h"

struct file;

/*
 * The machine's memory: two ranges with a hole between them. The first begins in the middle of a
 * block and ends with one whose buddy does not exist; the second lies on both sides of 4 GiB.
 */
#define HOST_RAM1_START (0x80000000ul + 17 * 4096)
#define HOST_RAM1_SIZE  (26 * MiB - 17 * 4096)
#define HOST_RAM2_START (4 * GiB - 16 * MiB)
#define HOST_RAM2_SIZE  (32 * MiB)
#define HOST_PHYS_END   (HOST_RAM2_START + HOST_RAM2_SIZE)

/* Maps that memory, and room for the vmemmap. No allocator works yet. */
void host_map_memory(void);

/* The boot of mm/, in the order of the kernel's: afterwards everything in it works. */
void host_boot(void);

/* From now on this thread is CPU `id` (< MAX_CPUS). */
void host_run_on_cpu(unsigned id);

/*
 * One access to one byte on this CPU: `access` is one of FAULT_READ, FAULT_WRITE, FAULT_EXEC, with
 * FAULT_USER for a program's own. Returns where the byte is, or NULL when the MMU would fault.
 */
uint8_t *host_translate(vaddr_t va, unsigned access);

/* The same, but faults are served by handle_fault(). NULL: the access was ended by a signal or
 * fix-up. */
uint8_t *host_access(vaddr_t va, unsigned access);

/* Called, if set, before a range of user addresses, or all of them, is forgotten by the CPUs. */
extern void (*host_before_flush)(vaddr_t start, vaddr_t end);

/* The signal that the last host_access() ended in, as force_signal() was told; signo 0: none. */
extern struct host_signal {
    int signo, code;
    uaddr_t addr;
} host_signal;

/* How often a fault found no memory. */
extern unsigned host_oom_count;

/* A file of n pages, one reference: page i is full of the byte first + i. */
struct file *host_file_create(size_t n, uint8_t first);
/* What its pages are full of on the disk, a byte for each. */
uint8_t *host_file_disk(struct file *file);

/* What fget() finds; each that is not NULL is a reference of whoever put it there. */
#define HOST_DESCRIPTORS 4
extern struct file *host_descriptors[HOST_DESCRIPTORS];

/*
 * For tests of what must end in a panic: while `host_panic_expected` is set, panic() leaves its
 * message in host_panic_message and jumps there; otherwise it ends the process.
 */
extern jmp_buf *host_panic_expected;
extern char host_panic_message[512];

#endif
