/* SPDX-License-Identifier: MIT */
/* Reading /proc: processes, their areas, and files of keys and numbers. */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <procfs.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *proc_path(int pid, const char *name)
{
    static char path[64];

    if (pid == PROC_SELF)
        snprintf(path, sizeof(path), "/proc/self/%s", name);
    else
        snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
    return path;
}

FILE *proc_open(int pid, const char *name)
{
    FILE *f = fopen(proc_path(pid, name), "r");

    if (!f && errno == ENOENT && access(proc_path(pid, ""), F_OK) < 0)
        errno = ESRCH;
    return f;
}

/* Ends the reading of a file: what was read must be all there was. */
static void close_file(FILE *f, const char *path)
{
    /* A process that has ended in the middle has no more to tell. */
    if (ferror(f) && errno != ESRCH)
        err(1, "%s", path);
    fclose(f);
}

/* --- keys and numbers --- */

/* What follows the key, or NULL: a key ends at a colon or a blank. */
static const char *behind_key(const char *line, const char *key)
{
    size_t n = strlen(key);

    if (strncmp(line, key, n) != 0 || !line[n] || !strchr(": \t", line[n]))
        return NULL;
    return line + n + 1;
}

int proc_values(const char *path, const char *const keys[], uint64_t values[], int n)
{
    FILE *f = fopen(path, "r");
    char line[512];
    int found = 0;

    if (!f)
        return -1;
    while (fgets(line, sizeof(line), f)) {
        for (int i = 0; i < n; i++) {
            const char *rest = behind_key(line, keys[i]);
            if (rest) {
                values[i] = strtoul(rest, NULL, 0);
                found++;
                break;
            }
        }
    }
    close_file(f, path);
    return found;
}

uint64_t proc_value(const char *path, const char *key)
{
    uint64_t value = 0;
    int found = proc_values(path, &key, &value, 1);

    if (found < 0)
        err(1, "%s", path);
    if (found == 0)
        errx(1, "%s: no line %s", path, key);
    return value;
}

/* --- processes --- */

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

int *proc_pids(size_t *count)
{
    DIR *dir = opendir("/proc");
    int *pids = NULL;
    struct dirent *d;

    *count = 0;
    if (!dir)
        err(1, "/proc");
    while ((d = readdir(dir))) {
        if (!isdigit((unsigned char)d->d_name[0]))
            continue;
        if (*count % 64 == 0 && !(pids = reallocarray(pids, *count + 64, sizeof(*pids))))
            err(1, "/proc");
        pids[(*count)++] = atoi(d->d_name);
    }
    closedir(dir);
    if (*count)
        qsort(pids, *count, sizeof(*pids), by_number);
    return pids;
}

/* Reads a small file whole; its length, or -1 when the process is gone. */
static ssize_t slurp(int pid, const char *name, char *buf, size_t size)
{
    int fd = open(proc_path(pid, name), O_RDONLY);
    ssize_t n;

    if (fd < 0)
        return -1;
    n = read(fd, buf, size - 1);
    close(fd);
    buf[n > 0 ? n : 0] = '\0';
    return n;
}

int proc_command(int pid, char *buf, size_t size)
{
    struct proc_stat stat;
    ssize_t n = slurp(pid, "cmdline", buf, size);

    for (ssize_t i = 0; i + 1 < n; i++)
        if (!isprint((unsigned char)buf[i]))
            buf[i] = ' ';
    if (n > 0)
        return 0;
    if (proc_stat(pid, &stat) < 0)
        return -1;
    snprintf(buf, size, "[%s]", stat.name);
    return 0;
}

int proc_stat(int pid, struct proc_stat *stat)
{
    char line[1024], *name, *rest;

    memset(stat, 0, sizeof(*stat));
    if (slurp(pid, "stat", line, sizeof(line)) <= 0)
        return -1;
    /* The name in brackets may itself hold spaces and brackets: the last bracket ends it. */
    name = strchr(line, '(');
    rest = strrchr(line, ')');
    if (!name || !rest || rest[1] != ' ')
        errx(1, "%s: not as expected: %s", proc_path(pid, "stat"), line);
    *rest = '\0';
    snprintf(stat->name, sizeof(stat->name), "%s", name + 1);
    stat->state = rest[2];
    rest += 3;
    for (int i = 4; i < STAT_FIELDS; i++)
        stat->field[i] = strtoul(rest, &rest, 10);
    return 0;
}

/* --- areas --- */

/* "START-END PERMS OFFSET MAJOR:MINOR INODE  NAME". */
static int parse_map(char *s, struct proc_map *map)
{
    memset(map, 0, offsetof(struct proc_map, name) + 1);
    map->start = strtoul(s, &s, 16);
    if (*s++ != '-')
        return 0;
    map->end = strtoul(s, &s, 16);
    if (*s++ != ' ' || strlen(s) < 4)
        return 0;
    memcpy(map->perms, s, 4);
    map->offset = strtoul(s + 4, &s, 16);
    map->major = strtoul(s, &s, 16);
    if (*s++ != ':')
        return 0;
    map->minor = strtoul(s, &s, 16);
    map->inode = strtoul(s, &s, 10);
    s += strspn(s, " ");
    snprintf(map->name, sizeof(map->name), "%.*s", (int)strcspn(s, "\n"), s);
    return map->end > map->start;
}

static void add_usage(const char *line, struct proc_usage *u)
{
    const struct {
        const char *key;
        uint64_t *value;
    } fields[] = {
        {"Size", &u->size},
        {"Rss", &u->rss},
        {"Pss", &u->pss},
        {"Shared_Clean", &u->shared_clean},
        {"Shared_Dirty", &u->shared_dirty},
        {"Private_Clean", &u->private_clean},
        {"Private_Dirty", &u->private_dirty},
        {"Referenced", &u->referenced},
        {"Anonymous", &u->anonymous},
        {"Swap", &u->swap},
        {"Locked", &u->locked},
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        const char *rest = behind_key(line, fields[i].key);
        if (rest)
            *fields[i].value = strtoul(rest, NULL, 10);
    }
}

/* The lines of smaps begin with a capital letter, those of areas with a digit of their address. */
static int at_usage(FILE *f)
{
    int c = getc(f);

    ungetc(c, f);
    return c != EOF && isupper(c);
}

int proc_next_map(FILE *f, struct proc_map *map, struct proc_usage *usage)
{
    char line[PATH_MAX + 128];

    if (!fgets(line, sizeof(line), f)) {
        if (ferror(f) && errno != ESRCH)
            err(1, "maps");
        return 0;
    }
    if (!parse_map(line, map))
        errx(1, "maps: not as expected: %s", line);
    if (usage)
        memset(usage, 0, sizeof(*usage));
    while (at_usage(f) && fgets(line, sizeof(line), f))
        if (usage)
            add_usage(line, usage);
    return 1;
}

int proc_find_map(int pid, uint64_t address, struct proc_map *map)
{
    FILE *f = proc_open(pid, "maps");
    int found = 0;

    if (!f)
        return 0;
    while (!found && proc_next_map(f, map, NULL))
        found = address >= map->start && address < map->end;
    fclose(f);
    return found;
}

/* --- windows --- */

/* The word at *s; goes on behind it. */
static void copy_word(char **s, char *out, size_t size)
{
    size_t n;

    *s += strspn(*s, " ");
    n = strcspn(*s, " \n");
    snprintf(out, size, "%.*s", (int)n, *s);
    *s += n;
}

/* "START-END FIRST-LAST NAME PAGES PROT"; END is exclusive and may be 2^64, written so or as 0. */
static int parse_window(char *s, struct proc_window *w)
{
    w->start = strtoul(s, &s, 16);
    if (*s++ != '-')
        return 0;
    if (strncmp(s, "10000000000000000 ", 18) == 0) {
        w->last = UINT64_MAX;
        s += 17;
    } else {
        w->last = strtoul(s, &s, 16) - 1;
    }
    w->first_slot = w->last_slot = strtoul(s, &s, 10);
    if (*s == '-')
        w->last_slot = strtoul(s + 1, &s, 10);
    copy_word(&s, w->name, sizeof(w->name));
    copy_word(&s, w->pages, sizeof(w->pages));
    copy_word(&s, w->prot, sizeof(w->prot));
    return w->last > w->start && w->prot[0];
}

int proc_next_window(FILE *f, struct proc_window *w)
{
    char line[256];

    if (!fgets(line, sizeof(line), f))
        return 0;
    if (!parse_window(line, w))
        errx(1, "kernel_windows: not as expected: %s", line);
    return 1;
}
