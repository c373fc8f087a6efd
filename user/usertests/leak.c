/* SPDX-License-Identifier: MIT */
/*
 * Memory that is not given back: each operation is done hundreds of times, so that a page lost each
 * time, or a small object, shows in MemFree.
 */
#include "test.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define RW    (PROT_READ | PROT_WRITE)
#define ALLOW 256 /* KiB */

/* A few times first, so that what is kept for the next time is not counted. */
static void repeat(void (*operation)(void), int times)
{
    long before, after;

    for (int i = 0; i < 10; i++)
        operation();
    before = free_memory(0);
    for (int i = 0; i < times * (stress ? 10 : 1); i++)
        operation();
    after = free_memory(before - ALLOW);
    if (after < before - ALLOW)
        FAIL("%d times: MemFree was %ld KiB before and %ld KiB after", times, before, after);
}

static void child_touches(void *arg)
{
    char *p = map(20 * PAGE, RW);

    memset(p, 1, 20 * PAGE);
    sbrk(10 * PAGE);
    mprotect(p + 5 * PAGE, PAGE, PROT_READ);
    (void)arg;
}

static void op_fork(void)
{
    JOIN(spawn(child_touches, NULL));
}

static void op_segv(void)
{
    EXPECT_SIGNAL(do_write, slot_va(272), SIGSEGV);
}

static void op_kill(void)
{
    pid_t pid = CHECK_OK(fork());
    int fds[2];

    if (pid == 0) {
        CHECK_OK(pipe(fds));
        read(fds[0], fds, 1);
        _exit(0);
    }
    CHECK_OK(kill(pid, SIGKILL));
    join(pid);
}

static void op_exec(void)
{
    char *argv[] = {"u", "--probe", "heap", NULL}, *envp[] = {"A=1", NULL};
    pid_t pid = CHECK_OK(fork());

    if (pid == 0) {
        close(1);
        open("/dev/null", O_WRONLY);
        execve(self_path(), argv, envp);
        _exit(1);
    }
    JOIN(pid);
}

static void op_bad_exec(void)
{
    char *argv[] = {"x", "a", "b", NULL};
    static char *many[3000];
    static char text[4000];
    static int op_count;

    CHECK_ERR(execv("missing", argv), ENOENT);
    CHECK_ERR(execv("garbage", argv), ENOEXEC);
    CHECK_ERR(execv("script", argv), ENOENT);
    CHECK_ERR(syscall(SYS_execve, self_path(), argv, slot_va(272)), EFAULT);
    memset(text, 'x', sizeof(text) - 1);
    for (int i = 0; i < 2999; i++)
        many[i] = text;
    if (op_count++ % 20 == 0)
        CHECK_ERR(execv(self_path(), many), E2BIG);
}

static void op_map(void)
{
    char *p = map(64 * PAGE, RW);

    for (int i = 0; i < 64; i += 3)
        p[i * PAGE] = 1;
    for (int i = 0; i < 64; i += 2)
        CHECK_OK(mprotect(p + i * PAGE, PAGE, PROT_READ));
    CHECK_OK(munmap(p + 10 * PAGE, 20 * PAGE));
    CHECK(mmap(p, 32 * PAGE, RW, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == p);
    CHECK_OK(munmap(p, 64 * PAGE));
}

/* Far apart, so that page tables are needed for each. */
static void op_page_tables(void)
{
    unsigned long base = user_end() / 4;

    for (int i = 0; i < 8; i++) {
        char *p = mmap((void *)(base + i * (user_end() / 256)), PAGE, RW,
                       MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(p != MAP_FAILED);
        *p = 1;
        CHECK_OK(munmap(p, PAGE));
    }
}

static void op_brk(void)
{
    char *p = sbrk(30 * PAGE);

    CHECK(p != (void *)-1);
    memset(p, 1, 30 * PAGE);
    CHECK(sbrk(-30 * (long)PAGE) != (void *)-1);
}

static void op_pipe(void)
{
    static char block[9000];
    int fds[2];

    CHECK_OK(pipe(fds));
    write_full(fds[1], block, sizeof(block));
    CHECK_OK(close(fds[0]));
    CHECK_OK(close(fds[1]));
}

static void op_file(void)
{
    static char block[60000];
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));

    write_full(fd, block, sizeof(block));
    CHECK_OK(unlink("file"));
    CHECK_OK(close(fd));
}

static void op_names(void)
{
    CHECK_OK(mkdir("dir", 0755));
    CHECK_OK(close(CHECK_OK(open("dir/file", O_WRONLY | O_CREAT, 0600))));
    CHECK_OK(link("dir/file", "dir/link"));
    CHECK_OK(symlink("nowhere", "dir/sym"));
    CHECK_OK(rename("dir/file", "dir/other"));
    CHECK_ERR(open("dir/missing", O_RDONLY), ENOENT);
    CHECK_ERR(open("dir/sym", O_RDONLY), ENOENT);
    CHECK_OK(unlink("dir/link"));
    CHECK_OK(unlink("dir/sym"));
    CHECK_OK(unlink("dir/other"));
    CHECK_OK(rmdir("dir"));
}

static void op_open(void)
{
    int fd = CHECK_OK(open("garbage", O_RDONLY)), d = CHECK_OK(dup(fd));

    CHECK_OK(close(fd));
    CHECK_OK(close(d));
    CHECK_ERR(open("garbage/x", O_RDONLY), ENOTDIR);
    CHECK_ERR(open("garbage", O_RDONLY | O_DIRECTORY), ENOTDIR);
    CHECK_ERR(open("garbage", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
    CHECK_ERR(syscall(SYS_openat, AT_FDCWD, slot_va(272), O_RDONLY, 0), EFAULT);
}

/* A process that ends with everything still in its hands. */
static void untidy_child(void *arg)
{
    static char block[5000];
    int fds[2], fd = CHECK_OK(open("unlinked", O_RDWR | O_CREAT, 0600));

    CHECK_OK(unlink("unlinked"));
    write_full(fd, block, sizeof(block));
    for (int i = 0; i < 4; i++) {
        CHECK_OK(pipe(fds));
        write_full(fds[1], block, sizeof(block));
    }
    opendir("/proc");
    CHECK_OK(mkdir("sub", 0755));
    CHECK_OK(chdir("sub"));
    CHECK_OK(rmdir("../sub"));
    (void)arg;
}

static void op_untidy(void)
{
    JOIN(spawn(untidy_child, NULL));
}

static void op_proc(void)
{
    static const char *const files[] = {"/proc/meminfo",   "/proc/self/maps", "/proc/self/status",
                                        "/proc/buddyinfo", "/proc/slabinfo",  "/proc/vmallocinfo"};
    static char text[64 * 1024];
    struct dirent *e;
    DIR *dir;

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        CHECK(read_file(files[i], text, sizeof(text)) > 0);
    CHECK((dir = opendir("/proc")) != NULL);
    while ((e = readdir(dir)))
        ;
    closedir(dir);
    CHECK(exists("/proc/self/exe"));
    CHECK(readlink("/proc/self/cwd", text, sizeof(text)) > 0);
}

static void fork_test(void)
{
    repeat(op_fork, 200);
}
static void segv_test(void)
{
    repeat(op_segv, 200);
}
static void kill_test(void)
{
    repeat(op_kill, 200);
}
static void exec_test(void)
{
    repeat(op_exec, 150);
}
static void bad_exec_test(void)
{
    write_file("garbage", "\177ELF garbage", 12);
    write_file("script", "#!/no/such\n", 11);
    repeat(op_bad_exec, 200);
}
static void map_test(void)
{
    repeat(op_map, 300);
}
static void page_tables_test(void)
{
    repeat(op_page_tables, 100);
}
static void brk_test(void)
{
    repeat(op_brk, 300);
}
static void pipe_test(void)
{
    repeat(op_pipe, 500);
}
static void file_test(void)
{
    repeat(op_file, 100);
}
static void names_test(void)
{
    repeat(op_names, 200);
}
static void open_test(void)
{
    write_file("garbage", "x", 1);
    repeat(op_open, 1500);
}
static void untidy_test(void)
{
    repeat(op_untidy, 150);
}
static void proc_test(void)
{
    repeat(op_proc, 100);
}

const struct test leak_tests[] = {
    {"leak-fork", fork_test, T_OWN},
    {"leak-segv", segv_test, T_OWN},
    {"leak-kill", kill_test, T_OWN},
    {"leak-exec", exec_test, T_OWN},
    {"leak-bad-exec", bad_exec_test, T_OWN},
    {"leak-map", map_test, T_OWN},
    {"leak-page-tables", page_tables_test, T_OWN},
    {"leak-brk", brk_test, T_OWN},
    {"leak-pipe", pipe_test, T_OWN},
    {"leak-file", file_test, T_OWN},
    {"leak-names", names_test, T_OWN},
    {"leak-open", open_test, T_OWN},
    {"leak-untidy", untidy_test, T_OWN},
    {"leak-proc", proc_test, T_OWN},
    {NULL, NULL, 0},
};
