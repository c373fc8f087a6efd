/* SPDX-License-Identifier: MIT */
/*
 * A position-independent program without interpreter, start code or C library, for
 * test/suites/dynamic.py: the kernel chooses its place, and nobody relocates it. It moves its
 * break, writes to its data and its heap, and shows /proc/self/maps.
 */
#include <fcntl.h>
#include <sys/syscall.h>

static long call(long nr, long a, long b, long c, long d)
{
#ifdef __riscv
    register long a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d, a7 __asm__("a7") = nr;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a7) : "memory");
    return a0;
#else
    register long r10 __asm__("r10") = d;
    long ret;

    __asm__ volatile("syscall"
                     : "=a"(ret)
                     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return ret;
#endif
}

#ifdef __riscv
__asm__(".globl _start\n_start: mv a0, sp\n andi sp, sp, -16\n tail start\n");
#else
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call start\n");
#endif

#define HEAP (1l << 20)

static volatile long data = 39;
static volatile char bss[20000];

_Noreturn void start(long *stack);
_Noreturn void start(long *stack)
{
    char buf[512], *heap = (char *)call(SYS_brk, 0, 0, 0, 0);
    long fd = call(SYS_openat, AT_FDCWD, (long)"/proc/self/maps", O_RDONLY, 0), n;
    int bad = stack[0] < 1 || data != 39 || bss[15000] != 0 || fd < 0;

    data = 40;
    bss[15000] = 41;
    bad |= call(SYS_brk, (long)heap + HEAP, 0, 0, 0) != (long)heap + HEAP;
    if (!bad)
        heap[HEAP - 1] = 42;
    while ((n = call(SYS_read, fd, (long)buf, sizeof(buf), 0)) > 0)
        bad |= call(SYS_write, 1, (long)buf, n, 0) != n;
    call(SYS_exit_group, bad || n < 0 || data != 40 || bss[15000] != 41, 0, 0, 0);
    for (;;)
        ;
}
