/* SPDX-License-Identifier: MIT */
/* /proc: the files are in Linux's formats, and their numbers agree with each other. */
#include "test.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)

static char text[64 * 1024];

static void memory_info(void)
{
    static const char *const names[] = {"MemTotal",  "MemFree", "MemAvailable", "Buffers",
                                        "Cached",    "Shmem",   "SReclaimable", "SwapTotal",
                                        "SwapFree",  "Slab",    "PageTables",   "KernelStack",
                                        "AnonPages", "Mapped"};
    long total = meminfo("MemTotal");
    struct sysinfo info;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        long kib = meminfo(names[i]);
        CHECK(kib >= 0 && kib <= total + meminfo("SwapTotal"));
    }
    CHECK(total > 32 * 1024);
    CHECK(meminfo("MemFree") > 0 && meminfo("MemFree") < total);
    CHECK_OK(sysinfo(&info));
    CHECK_EQ(info.totalram * info.mem_unit / KiB, total);
    CHECK(labs((long)(info.freeram * info.mem_unit / KiB) - meminfo("MemFree")) < total / 20);
    CHECK(info.procs >= 2 && info.uptime >= 0);
}

/* AnonPages and MemFree follow what a process does. */
static void memory_moves(void)
{
    long anon = meminfo("AnonPages"), size = 4096;
    char *p = map(size * KiB, RW);

    memset(p, 1, size * KiB);
    CHECK(meminfo("AnonPages") - anon > size - 256);
    CHECK_OK(munmap(p, size * KiB));
    CHECK(meminfo("AnonPages") - anon < 256);
}

/* Lines "Node 0, zone NAME n0 n1 ... n10": blocks of 2^n pages. */
static void buddy_info(void)
{
    long pages = 0, kib;
    int zones = 0;
    char *save, *line;

    drop_caches();
    read_file("/proc/buddyinfo", text, sizeof(text));
    kib = meminfo("MemFree");
    for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *p = strstr(line, "zone");
        int orders = 0;
        CHECK(strncmp(line, "Node 0, zone", 12) == 0 && p);
        p += 4;
        p += strspn(p, " ");
        p += strcspn(p, " ");
        for (char *end; *(p += strspn(p, " ")); p = end, orders++) {
            pages += strtol(p, &end, 10) << orders;
            CHECK(end > p);
        }
        CHECK(orders >= 11);
        zones++;
    }
    CHECK(zones >= 1);
    CHECK(pages * 4 <= kib + 1024 && pages * 4 >= kib - kib / 8 - 4096);
}

/* "name active total size ..." after two lines of title. */
static void slab_info(void)
{
    char *save, *line, *p;
    int caches = 0;

    if (!privileged())
        skip("readable by the administrator only");
    read_file("/proc/slabinfo", text, sizeof(text));
    CHECK(strncmp(text, "slabinfo - version:", 19) == 0);
    strtok_r(text, "\n", &save);
    line = strtok_r(NULL, "\n", &save);
    CHECK(line && line[0] == '#');
    while ((line = strtok_r(NULL, "\n", &save))) {
        long active, total, size;
        p = line + strcspn(line, " ");
        active = strtol(p, &p, 10);
        total = strtol(p, &p, 10);
        size = strtol(p, &p, 10);
        if (active < 0 || active > total || size <= 0)
            FAIL("%s", line);
        caches++;
    }
    CHECK(caches >= 8);
}

/* The number of active objects of the cache with this name. */
static long active_objects(const char *name)
{
    char *p;

    read_file("/proc/slabinfo", text, sizeof(text));
    p = strstr(text, name);
    CHECK(p && p[-1] == '\n');
    return strtol(p + strcspn(p, " "), NULL, 10);
}

static void slab_moves(void)
{
    long before = active_objects("vm_area_struct ");
    char *p = map(2000 * PAGE, RW);

    for (int i = 0; i < 2000; i += 2)
        CHECK_OK(mprotect(p + i * PAGE, PAGE, PROT_READ));
    CHECK(active_objects("vm_area_struct ") - before >= 1900);
    CHECK_OK(munmap(p, 2000 * PAGE));
    CHECK(active_objects("vm_area_struct ") - before < 500);
}

/* "0xstart-0xend size ...", ascending, inside the window, not overlapping. */
static void vmalloc_info(void)
{
    unsigned long last = slot_va(402);
    char *save, *line;
    int areas = 0;

    read_file("/proc/vmallocinfo", text, sizeof(text));
    for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        unsigned long start, end, size;
        char *p;
        CHECK(strncmp(line, "0x", 2) == 0);
        start = strtoul(line, &p, 16);
        CHECK(*p == '-');
        end = strtoul(p + 1, &p, 16);
        size = strtoul(p, &p, 10);
        if (start < last || end <= start || end > slot_va(466) || size != end - start ||
            (start | end) % PAGE != 0)
            FAIL("%s", line);
        last = end;
        areas++;
    }
    CHECK(areas >= 2); /* our own stack in the kernel, and init's */
}

/* "start-end : name", what lies inside another indented below it. */
static void io_memory(void)
{
    unsigned long ram = 0;
    char *save, *line;
    bool kernel = false;

    if (!privileged())
        skip("shows addresses to the administrator only");
    read_file("/proc/iomem", text, sizeof(text));
    for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *p, *name = strstr(line, " : ");
        unsigned long start = strtoul(line, &p, 16), end;
        CHECK(*p == '-' && name);
        end = strtoul(p + 1, &p, 16);
        CHECK(p == name && start <= end);
        if (line[0] != ' ' && strcmp(name, " : System RAM") == 0)
            ram += end - start + 1;
        kernel |= line[0] == ' ' && strstr(name, "Kernel code");
    }
    CHECK(ram / KiB >= (unsigned long)meminfo("MemTotal"));
    CHECK(ram / KiB < (unsigned long)meminfo("MemTotal") * 5 / 4 + 32768);
    CHECK(kernel);
}

/* VmSize is the sum of the areas; VmStk, VmExe and VmData are those of their kinds. */
static void status_and_maps(void)
{
    static struct area a[100];
    long size = 0, stack = 0, exe = 0, data = 0;

    map(77 * PAGE, PROT_READ);
    map(33 * PAGE, RW);
    for (int i = 0, n = read_areas(0, a, 100); i < n; i++) {
        long kib = (a[i].end - a[i].start) / KiB;
        if (strcmp(a[i].name, "[vsyscall]") == 0)
            continue;
        size += kib;
        if (strcmp(a[i].name, "[stack]") == 0)
            stack += kib;
        else if (a[i].perms[1] == 'w')
            data += kib;
        if (a[i].perms[2] == 'x' && strcmp(a[i].name, self_path()) == 0)
            exe += kib;
    }
    CHECK_EQ(self_status("VmSize"), size);
    CHECK_EQ(self_status("VmStk"), stack);
    CHECK_EQ(self_status("VmData"), data);
    CHECK(labs(self_status("VmExe") - exe) <= 4);
    CHECK(self_status("VmPeak") >= size);
    CHECK(self_status("VmRSS") <= size && self_status("VmRSS") > 0);
    CHECK(self_status("VmHWM") >= self_status("VmRSS"));
    CHECK(self_status("VmPTE") > 0);
}

static void size_follows(void)
{
    long size = self_status("VmSize"), data = self_status("VmData");
    char *p = map(100 * PAGE, RW);

    CHECK_EQ(self_status("VmSize"), size + 400);
    CHECK_EQ(self_status("VmData"), data + 400);
    CHECK_OK(mprotect(p, 50 * PAGE, PROT_READ));
    CHECK_EQ(self_status("VmData"), data + 200);
    CHECK_OK(munmap(p + 90 * PAGE, 10 * PAGE));
    CHECK_EQ(self_status("VmSize"), size + 360);
    CHECK_OK(munmap(p, 90 * PAGE));
    CHECK_EQ(self_status("VmSize"), size);
    CHECK_EQ(self_status("VmData"), data);
}

static void statm(void)
{
    char *p = text;
    long size, resident;

    read_file("/proc/self/statm", text, sizeof(text));
    size = strtol(p, &p, 10);
    resident = strtol(p, &p, 10);
    CHECK_EQ(size * 4, self_status("VmSize"));
    CHECK(labs(resident * 4 - self_status("VmRSS")) < 512);
}

static void own_entry(void)
{
    char path[300], self[300];
    ssize_t n;

    snprintf(path, sizeof(path), "%d", (int)getpid());
    n = CHECK_OK(readlink("/proc/self", self, sizeof(self) - 1));
    self[n] = 0;
    CHECK_EQ(strcmp(path, self), 0);
    CHECK_EQ(self_status("Pid"), getpid());
    CHECK_EQ(self_status("PPid"), getppid());
    read_file("/proc/self/status", text, sizeof(text));
    CHECK(strncmp(text, "Name:\t", 6) == 0 && strstr(text, "State:\tR"));
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)getpid());
    CHECK(read_file(path, text, sizeof(text)) > 100);
    read_file("/proc/self/stat", text, sizeof(text));
    CHECK_EQ(strtol(text, NULL, 10), getpid());
    CHECK(strchr(text, '(') && strstr(text, ") R "));
    CHECK(read_file("/proc/self/cmdline", text, sizeof(text)) > 0);
    CHECK(strlen(text) > 0);
    CHECK_OK(readlink("/proc/self/exe", path, sizeof(path)));
    n = CHECK_OK(readlink("/proc/self/cwd", path, sizeof(path) - 1));
    path[n] = 0;
    CHECK(getcwd(self, sizeof(self)) && strcmp(path, self) == 0);
}

static void wait_pipe(void *arg)
{
    char c;

    read(*(int *)arg, &c, 1);
}

/* Every process has a directory as long as it is there; the list has all of them. */
static void processes(void)
{
    pid_t pid;
    bool child = false, init = false, me = false;
    char path[64];
    struct dirent *e;
    int go[2];
    DIR *dir;

    CHECK_OK(pipe(go));
    pid = spawn(wait_pipe, &go[0]);
    CHECK((dir = opendir("/proc")) != NULL);
    while ((e = readdir(dir))) {
        long n = strtol(e->d_name, NULL, 10);
        child |= n == pid;
        init |= n == 1;
        me |= n == getpid();
    }
    closedir(dir);
    CHECK(child && init && me);
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    read_file(path, text, sizeof(text));
    snprintf(path, sizeof(path), "PPid:\t%d\n", (int)getpid());
    CHECK(strstr(text, path) != NULL);
    write_full(go[1], "g", 1);
    JOIN(pid);
    snprintf(path, sizeof(path), "/proc/%d", (int)pid);
    CHECK(!exists(path));
}

/* Open while its process is there, read when it is gone: an error or the end, nothing worse. */
static void process_gone(void)
{
    static const char *const files[] = {"maps", "status", "stat", "statm", "cmdline"};
    char path[64];

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        int go[2], fd;
        CHECK_OK(pipe(go));
        pid_t pid = spawn(wait_pipe, &go[0]);
        snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, files[i]);
        fd = CHECK_OK(open(path, O_RDONLY));
        write_full(go[1], "g", 1);
        JOIN(pid);
        ssize_t n = read(fd, text, sizeof(text));
        CHECK(n >= 0 || errno == ESRCH || errno == ENOENT);
        close(fd);
        CHECK_ERR(open(path, O_RDONLY), ENOENT);
    }
}

/* The files cannot be changed, and reading them in small pieces gives the same as in large ones. */
static void reading(void)
{
    static char small[sizeof(text)];
    static const char *const files[] = {"/proc/self/maps", "/proc/iomem", "/proc/mounts"};

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        size_t n = read_file(files[i], text, sizeof(text)), at = 0;
        int fd = CHECK_OK(open(files[i], O_RDONLY));
        ssize_t r;
        CHECK(n > 0);
        while ((r = CHECK_OK(read(fd, small + at, 7))) > 0)
            at += r;
        CHECK_EQ(at, n);
        CHECK(memcmp(text, small, n) == 0);
        CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
        CHECK_EQ(read(fd, small, 5), 5);
        CHECK(memcmp(text, small, 5) == 0);
        close(fd);
    }
    CHECK_ERR(unlink("/proc/meminfo"), privileged() ? EPERM : EACCES);
    CHECK(open("/proc/new", O_RDWR | O_CREAT, 0600) == -1);
    CHECK(mkdir("/proc/newdir", 0700) == -1);
    CHECK(rmdir("/proc/self") == -1);
}

/* A line of text written to a file below /proc/sys, or what is wrong with it. */
static int set(const char *path, const char *value)
{
    int fd = CHECK_OK(open(path, O_WRONLY)), error = 0;

    if (write(fd, value, strlen(value)) < 0)
        error = errno;
    close(fd);
    return error;
}

static long setting(const char *path)
{
    char value[40], *end;
    long number;

    read_file(path, value, sizeof(value));
    number = strtol(value, &end, 10);
    CHECK(end > value && strcmp(end, "\n") == 0);
    return number;
}

/* As many areas as the process may have, and how many it gets. */
static void make_areas(void *arg)
{
    char *p = map(1000 * PAGE, RW);
    int i;

    for (i = 0; i < 1000; i += 2)
        if (mprotect(p + i * PAGE, PAGE, PROT_READ) < 0)
            break;
    CHECK_EQ(errno, ENOMEM);
    CHECK(i > 180 && i <= 202);
    (void)arg;
}

static void max_map_count(void)
{
    static const char path[] = "/proc/sys/vm/max_map_count";
    long before = setting(path);
    int status;

    CHECK_EQ(before, 65530);
    CHECK_EQ(set(path, "200\n"), 0);
    status = join(spawn(make_areas, NULL));
    CHECK_EQ(set(path, "65530"), 0);
    CHECK_EQ(status, 0);
    CHECK_EQ(set(path, "-1"), EINVAL);
    CHECK_EQ(set(path, "12x"), EINVAL);
    CHECK_EQ(set(path, ""), 0); /* nothing was written */
    CHECK_EQ(set(path, "2147483648"), EINVAL);
    CHECK_EQ(setting(path), before);
}

static void settings(void)
{
    CHECK(setting("/proc/sys/vm/max_map_count") > 1000);
    CHECK(setting("/proc/sys/vm/mmap_min_addr") >= 0);
    CHECK(setting("/proc/sys/vm/mmap_min_addr") % PAGE == 0);
    CHECK(setting("/proc/sys/vm/overcommit_memory") <= 2);
    CHECK(setting("/proc/sys/kernel/pid_max") >= 300);
}

/* How maps names what it is that is mapped. */
static void names(void)
{
    struct area a;
    char *p;
    int fd;

    write_file("a file", "text", 4);
    fd = CHECK_OK(open("a file", O_RDONLY));
    CHECK((p = mmap(NULL, 3 * PAGE, PROT_READ, MAP_PRIVATE, fd, 2 * PAGE)) != MAP_FAILED);
    CHECK(area_at((unsigned long)p, &a) && a.offset == 2 * PAGE);
    CHECK(strcmp(a.perms, "r--p") == 0 && strcmp(strrchr(a.name, '/'), "/a file") == 0);
    CHECK_OK(unlink("a file"));
    CHECK(area_at((unsigned long)p, &a));
    CHECK(strcmp(strrchr(a.name, '/'), "/a file (deleted)") == 0);
    CHECK_OK(munmap(p, 3 * PAGE));

    write_file("two\nlines", "text", 4);
    fd = CHECK_OK(open("two\nlines", O_RDONLY));
    CHECK((p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0)) != MAP_FAILED);
    CHECK(area_at((unsigned long)p, &a) && strcmp(a.perms, "r--s") == 0);
    CHECK(strcmp(strrchr(a.name, '/'), "/two\\012lines") == 0);

    p = map(PAGE, PROT_NONE);
    CHECK(area_at((unsigned long)p, &a) && strcmp(a.name, "") == 0 && a.offset == 0);
    CHECK(area_named("[stack]", &a) && a.start < (unsigned long)&a && (unsigned long)&a < a.end);
    sbrk(2 * PAGE);
    /* Linux keeps a child's part of it from what it has of its parent's. */
    CHECK(area_at((unsigned long)sbrk(0) - 1, &a) && strcmp(a.name, "[heap]") == 0);
    CHECK(a.end - (unsigned long)sbrk(0) < PAGE);
}

/* Shared memory is a file without a name, or with one that leads nowhere. */
static void shared_names(void)
{
    struct area a;
    char *p;
    int fd;

    p = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED && area_at((unsigned long)p, &a));
    CHECK(strcmp(a.perms, "rw-s") == 0 && strcmp(a.name, "/dev/zero (deleted)") == 0);
    fd = CHECK_OK(memfd_create("some memory", 0));
    CHECK_OK(ftruncate(fd, PAGE));
    CHECK((p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0)) != MAP_FAILED);
    CHECK(area_at((unsigned long)p, &a));
    CHECK(strcmp(a.perms, "r--s") == 0 && strcmp(a.name, "/memfd:some memory (deleted)") == 0);
}

const struct test proc_tests[] = {
    {"proc-meminfo", memory_info, 0},
    {"proc-meminfo-moves", memory_moves, T_OWN},
    {"proc-buddyinfo", buddy_info, T_OWN},
    {"proc-slabinfo", slab_info, 0},
    {"proc-slabinfo-moves", slab_moves, T_OWN},
    {"proc-vmallocinfo", vmalloc_info, T_OWN},
    {"proc-iomem", io_memory, 0},
    {"proc-status-and-maps", status_and_maps, 0},
    {"proc-size-follows", size_follows, 0},
    {"proc-statm", statm, 0},
    {"proc-self", own_entry, 0},
    {"proc-processes", processes, 0},
    {"proc-process-gone", process_gone, 0},
    {"proc-reading", reading, 0},
    {"proc-max-map-count", max_map_count, T_OWN},
    {"proc-settings", settings, 0},
    {"proc-names", names, 0},
    {"proc-shared-names", shared_names, 0},
    {NULL, NULL, 0},
};
