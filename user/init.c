/* SPDX-License-Identifier: MIT */
/*
 * init: process 1. Sees to it that the console is open, runs /etc/rc, keeps a shell on the console,
 * and collects every process that lost its parent. It must not end: the kernel stops if it does.
 *
 * `init -c line` runs one shell command line instead and ends with its status, and the machine with
 * it.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char *const shell[] = {"sh", NULL};
static char *const startup[] = {"sh", "/etc/rc", NULL};

static void open_console(void)
{
    int fd;

    if (fcntl(STDERR_FILENO, F_GETFD) >= 0)
        return;
    fd = open("/dev/console", O_RDWR);
    if (fd < 0)
        return; /* without it there is nobody to tell either */
    for (int i = 0; i <= STDERR_FILENO; i++)
        if (fd != i)
            dup2(fd, i);
    if (fd > STDERR_FILENO)
        close(fd);
}

/* Starts /bin/sh; on_terminal: as the leader of a session that owns the console. */
static pid_t start(char *const argv[], int on_terminal)
{
    pid_t pid = fork();

    if (pid < 0)
        warn("fork");
    if (pid != 0)
        return pid;
    if (on_terminal) {
        setsid();
        if (ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0)
            warn("console: no controlling terminal");
    }
    execv("/bin/sh", argv);
    warn("/bin/sh");
    _exit(127);
}

/* Collects children until this one ends; -1 was never started. */
static int wait_for(pid_t pid)
{
    int status = 0;
    pid_t got;

    if (pid < 0)
        return -1;
    do {
        got = wait(&status);
    } while (got != pid && (got >= 0 || errno == EINTR));
    return status;
}

/* As a shell gives it in $?. */
static int exit_code(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    if (argc != 1 && (argc != 3 || strcmp(argv[1], "-c") != 0))
        errx(2, "usage: init [-c command-line]");
    if (getpid() != 1)
        errx(1, "only the first process can be init");
    open_console();
    setenv("PATH", "/bin", 0);
    setenv("HOME", "/", 0);
    chdir("/");

    if (argc == 3) {
        char *const line[] = {"sh", "-c", argv[2], NULL};
        return exit_code(wait_for(start(line, 0)));
    }
    if (access("/etc/rc", R_OK) == 0)
        wait_for(start(startup, 0));
    for (;;) {
        int status = wait_for(start(shell, 1));
        if (status != 0) {
            if (WIFSIGNALED(status))
                warnx("the shell died: %s", strsignal(WTERMSIG(status)));
            sleep(1); /* when it fails each time, do not fill the screen */
        }
    }
}
