/* SPDX-License-Identifier: MIT */
/* unistd.h: POSIX's system calls on files and processes. They return -1 and set errno. */
#ifndef UNISTD_H
#define UNISTD_H

#include <getopt.h>
#include <stddef.h>
#include <sys/types.h>

#define STDIN_FILENO  0
#define STDOUT_FILENO 1
#define STDERR_FILENO 2
#ifndef SEEK_SET
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#endif
#define F_OK                 0
#define X_OK                 1
#define W_OK                 2
#define R_OK                 4

#define _SC_CLK_TCK          2
#define _SC_OPEN_MAX         4
#define _SC_PAGESIZE         30
#define _SC_PAGE_SIZE        _SC_PAGESIZE
#define _SC_NPROCESSORS_CONF 83
#define _SC_NPROCESSORS_ONLN 84
#define _SC_PHYS_PAGES       85
#define _SC_AVPHYS_PAGES     86

extern char **environ;

ssize_t read(int fd, void *buf, size_t n);
ssize_t write(int fd, const void *buf, size_t n);
ssize_t pread(int fd, void *buf, size_t n, off_t off);
ssize_t pwrite(int fd, const void *buf, size_t n, off_t off);
off_t lseek(int fd, off_t off, int whence);
int close(int fd);
int dup(int fd);
int dup2(int fd, int newfd);
int dup3(int fd, int newfd, int flags);
int pipe(int fds[2]);
int pipe2(int fds[2], int flags);
int fsync(int fd);
int fdatasync(int fd);
void sync(void);
int ftruncate(int fd, off_t size);
int truncate(const char *path, off_t size);
int isatty(int fd);

int access(const char *path, int mode);
int faccessat(int dirfd, const char *path, int mode, int flags);
int link(const char *old, const char *new);
int linkat(int olddirfd, const char *old, int newdirfd, const char *new, int flags);
int symlink(const char *target, const char *path);
int symlinkat(const char *target, int dirfd, const char *path);
ssize_t readlink(const char *restrict path, char *restrict buf, size_t size);
ssize_t readlinkat(int dirfd, const char *restrict path, char *restrict buf, size_t size);
int unlink(const char *path);
int unlinkat(int dirfd, const char *path, int flags);
int rmdir(const char *path);
int chdir(const char *path);
int fchdir(int fd);
int chroot(const char *path);
/* NULL: with buf NULL the result is on the heap. */
char *getcwd(char *buf, size_t size);
int chown(const char *path, uid_t uid, gid_t gid);

pid_t fork(void);
/* fork: the library offers the name, not the sharing. */
pid_t vfork(void);
int execve(const char *path, char *const argv[], char *const envp[]);
int execv(const char *path, char *const argv[]);
int execvp(const char *file, char *const argv[]);
int execvpe(const char *file, char *const argv[], char *const envp[]);
int execl(const char *path, const char *arg, ... /* , NULL */);
int execlp(const char *file, const char *arg, ... /* , NULL */);
_Noreturn void _exit(int status);

pid_t getpid(void);
pid_t getppid(void);
pid_t gettid(void);
pid_t getpgid(pid_t pid);
pid_t getpgrp(void);
int setpgid(pid_t pid, pid_t pgid);
pid_t setsid(void);
pid_t getsid(pid_t pid);
pid_t tcgetpgrp(int fd);
int tcsetpgrp(int fd, pid_t pgid);
uid_t getuid(void);
uid_t geteuid(void);
gid_t getgid(void);
gid_t getegid(void);
int setuid(uid_t uid);
int setgid(gid_t gid);

/*
 * The end of the heap. sbrk returns the old end, (void *)-1 on error; the program may move it too.
 */
int brk(void *end);
void *sbrk(intptr_t increment);

unsigned int sleep(unsigned int seconds);
int usleep(unsigned int microseconds);
int pause(void);
unsigned int alarm(unsigned int seconds);
long sysconf(int name);
int getpagesize(void);
int gethostname(char *name, size_t size);
int sethostname(const char *name, size_t size);
int getentropy(void *buf, size_t n);

/* Any call by its number: returns -1 and sets errno. */
long syscall(long nr, ...);
/* The same, returning the kernel's own -errno and leaving errno alone. */
long __syscall(long nr, long a, long b, long c, long d, long e, long f);

#endif
