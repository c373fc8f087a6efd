/* SPDX-License-Identifier: MIT */
/* Processes: making, replacing, waiting for, naming and limiting them. */
#include "internal.h"
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

pid_t fork(void)
{
    return sys(SYS_clone, SIGCHLD);
}

/* vfork() is the port's; it ends here. */
long __sys_result(long r)
{
    return sys_result(r);
}

int clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
    return sys_result(__clone(fn, stack, flags, arg));
}

int execve(const char *path, char *const argv[], char *const envp[])
{
    return sys(SYS_execve, path, argv, envp);
}

int execv(const char *path, char *const argv[])
{
    return execve(path, argv, environ);
}

/*
 * Tries every directory of $PATH. When none has the file, an EACCES met on the way is what the
 * caller hears, for it tells more than ENOENT.
 */
int execvpe(const char *file, char *const argv[], char *const envp[])
{
    const char *dir = getenv("PATH");
    char path[PATH_MAX];
    int denied = 0;

    if (strchr(file, '/'))
        return execve(file, argv, envp);
    if (!dir)
        dir = "/bin";
    errno = ENOENT;
    for (const char *end; *file; dir = end + 1) {
        end = strchrnul(dir, ':');
        if ((size_t)(end - dir) + strlen(file) + 2 <= sizeof(path)) {
            char *p = mempcpy(path, dir, end - dir);
            if (p > path)
                *p++ = '/';
            strcpy(p, file);
            execve(path, argv, envp);
            if (errno == EACCES)
                denied = 1;
            else if (errno != ENOENT && errno != ENOTDIR)
                return -1;
        }
        if (!*end)
            break;
    }
    if (denied)
        errno = EACCES;
    return -1;
}

int execvp(const char *file, char *const argv[])
{
    return execvpe(file, argv, environ);
}

#define EXECL_MAX 64

/* Gathers the arguments of execl and execlp; 0 and E2BIG when there are too many. */
static int gather(char *argv[EXECL_MAX], const char *arg, va_list ap)
{
    int n = 0;

    for (argv[n] = (char *)arg; argv[n]; argv[n] = va_arg(ap, char *))
        if (++n == EXECL_MAX) {
            errno = E2BIG;
            return 0;
        }
    return 1;
}

int execl(const char *path, const char *arg, ...)
{
    char *argv[EXECL_MAX];
    va_list ap;
    int ok;

    va_start(ap, arg);
    ok = gather(argv, arg, ap);
    va_end(ap);
    return ok ? execv(path, argv) : -1;
}

int execlp(const char *file, const char *arg, ...)
{
    char *argv[EXECL_MAX];
    va_list ap;
    int ok;

    va_start(ap, arg);
    ok = gather(argv, arg, ap);
    va_end(ap);
    return ok ? execvp(file, argv) : -1;
}

pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
    return sys(SYS_wait4, pid, status, options, usage);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
    return wait4(pid, status, options, NULL);
}

pid_t wait(int *status)
{
    return wait4(-1, status, 0, NULL);
}

int system(const char *line)
{
    int status;
    pid_t pid;

    if (!line)
        return 1;
    pid = fork();
    if (pid < 0)
        return -1;
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", line, NULL);
        _exit(127);
    }
    return waitpid(pid, &status, 0) < 0 ? -1 : status;
}

pid_t getpid(void)
{
    return raw(SYS_getpid);
}

pid_t getppid(void)
{
    return raw(SYS_getppid);
}

pid_t gettid(void)
{
    return raw(SYS_gettid);
}

pid_t getpgid(pid_t pid)
{
    return sys(SYS_getpgid, pid);
}

pid_t getpgrp(void)
{
    return getpgid(0);
}

int setpgid(pid_t pid, pid_t pgid)
{
    return sys(SYS_setpgid, pid, pgid);
}

pid_t setsid(void)
{
    return sys(SYS_setsid);
}

pid_t getsid(pid_t pid)
{
    return sys(SYS_getsid, pid);
}

uid_t getuid(void)
{
    return raw(SYS_getuid);
}

uid_t geteuid(void)
{
    return raw(SYS_geteuid);
}

gid_t getgid(void)
{
    return raw(SYS_getgid);
}

gid_t getegid(void)
{
    return raw(SYS_getegid);
}

int setuid(uid_t uid)
{
    return sys(SYS_setuid, uid);
}

int setgid(gid_t gid)
{
    return sys(SYS_setgid, gid);
}

int sched_yield(void)
{
    return sys(SYS_sched_yield);
}

int prlimit(pid_t pid, int resource, const struct rlimit *new, struct rlimit *old)
{
    return sys(SYS_prlimit64, pid, resource, new, old);
}

int getrlimit(int resource, struct rlimit *limit)
{
    return prlimit(0, resource, NULL, limit);
}

int setrlimit(int resource, const struct rlimit *limit)
{
    return prlimit(0, resource, limit, NULL);
}

int getrusage(int who, struct rusage *usage)
{
    return sys(SYS_getrusage, who, usage);
}
