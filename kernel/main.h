/* SPDX-License-Identifier: MIT */
/* Where the architecture's entry code hands over, and what it is handed. */
#ifndef KERNEL_MAIN_H
#define KERNEL_MAIN_H

#include "kernel/types.h"

struct trapframe;

#define COMMAND_LINE_SIZE 2048

/* Filled by arch_early_init(), empty otherwise. */
extern char boot_command_line[COMMAND_LINE_SIZE];

/*
 * The boot CPU, on boot_stack, with early tables: image, early direct map, fixmap. this_cpu() is
 * &cpus[0]. kernel_phys_base is set.
 */
__noreturn void kernel_main(void);

/* Every other CPU, on its idle task's stack, with the kernel's table; this_cpu() is set. */
__noreturn void secondary_main(void);

/* The first process has ended, with this wait status: writes everything back and powers off. */
__noreturn void init_exited(int status);

/* The stack that the idle task of CPU `id` runs on: arch_smp_start() passes it. Highest address. */
vaddr_t idle_stack_top(unsigned id);

/*
 * Called by entry code, tf on the kernel stack and set as this_cpu()->trap, interrupts off. Each
 * may enable them and sleep, and returns with them off.
 */
void syscall_dispatch(struct trapframe *tf);
/* Before every return to user code: signals, rescheduling. */
void return_to_user_work(struct trapframe *tf);
/*
 * An instruction of user code trapped and it is no page fault: kills the process with `signal`
 * (SIGILL, SIGBUS, SIGTRAP, SIGFPE) and a log line that says `what`.
 */
void user_exception(struct trapframe *tf, int signal, int code, vaddr_t addr, const char *what);

#endif
