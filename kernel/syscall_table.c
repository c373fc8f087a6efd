/* SPDX-License-Identifier: MIT */
/* Every system call there is. A new one: its number in <arch/syscall.h>, its name here, its
 * SYSCALLn(). */
#include "kernel/syscall_table.h"

#include <arch/syscall.h>
#include "kernel/errno.h"

/* clang-format off */
#define SYSCALLS(X) \
    X(read) X(write) X(openat) X(close) X(lseek) X(readv) X(writev) X(pread64) X(pwrite64) \
    X(preadv) X(pwritev) X(fstat) X(newfstatat) X(statx) X(statfs) X(fstatfs) X(getdents64) \
    X(pipe2) X(dup) X(dup3) X(fcntl) X(ioctl) \
    X(mkdirat) X(mknodat) X(unlinkat) X(linkat) X(symlinkat) X(renameat2) X(readlinkat) \
    X(faccessat) X(faccessat2) X(fchmod) X(fchmodat) X(fchown) X(fchownat) X(utimensat) \
    X(truncate) X(ftruncate) X(fallocate) X(memfd_create) \
    X(chdir) X(fchdir) X(chroot) X(getcwd) X(umask) X(sync) X(fsync) X(fdatasync) \
    X(sendfile) X(ppoll) X(mount) X(umount2) \
    X(brk) X(mmap) X(munmap) X(mprotect) X(mremap) X(mincore) X(msync) X(madvise) \
    X(mlock) X(mlock2) X(munlock) X(mlockall) X(munlockall) \
    X(clone) X(execve) X(exit) X(exit_group) X(wait4) X(waitid) X(kill) X(tkill) X(tgkill) \
    X(rt_sigaction) X(rt_sigprocmask) X(rt_sigpending) X(rt_sigsuspend) X(rt_sigreturn) X(sigaltstack) \
    X(getpid) X(gettid) X(getppid) X(getuid) X(setsid) X(getsid) X(setpgid) X(getpgid) \
    X(set_tid_address) X(set_robust_list) X(sched_yield) X(prlimit64) X(getrusage) X(times) \
    X(prctl) X(personality) \
    X(clock_gettime) X(clock_getres) X(clock_settime) X(gettimeofday) X(nanosleep) \
    X(clock_nanosleep) \
    X(uname) X(sethostname) X(sysinfo) X(reboot) X(sched_getaffinity) X(getcpu) X(syslog) \
    X(getrandom)

/* kernel/sys_legacy.c: an architecture has numbers for all of these or for none. */
#ifdef SYS_open
#define LEGACY_SYSCALLS(X) \
    X(open) X(creat) X(stat) X(lstat) X(access) X(readlink) X(link) X(symlink) X(unlink) X(rmdir) \
    X(rename) X(renameat) X(mkdir) X(mknod) X(chmod) X(chown) X(lchown) X(pipe) X(fork) X(vfork) \
    X(getpgrp) X(dup2) X(getrlimit) X(setrlimit) X(poll) X(pause) X(time) X(futimesat) X(utimes) \
    X(utime)
#else
#define LEGACY_SYSCALLS(X)
#endif

/* A port's own. */
#ifdef SYS_arch_prctl
#define ARCH_SYSCALLS(X) X(arch_prctl)
#else
#define ARCH_SYSCALLS(X)
#endif
#define ALL_SYSCALLS(X) SYSCALLS(X) LEGACY_SYSCALLS(X) ARCH_SYSCALLS(X)
/* clang-format on */

#define X(name) long sys_##name(const uint64_t *args);
ALL_SYSCALLS(X)
#undef X

/* C libraries ask for these at every start, or first of all, and are content without. */
static long not_offered(const uint64_t *args)
{
    (void)args;
    return -ENOSYS;
}

const syscall_fn syscall_table[NR_SYSCALLS] = {
#define X(name) [SYS_##name] = sys_##name,
    ALL_SYSCALLS(X)
#undef X
        /* There is one user: all four ids are 0. */
        [SYS_geteuid] = sys_getuid,
    [SYS_getgid] = sys_getuid,
    [SYS_getegid] = sys_getuid,
    [SYS_rseq] = not_offered,
    [SYS_clone3] = not_offered,
};
