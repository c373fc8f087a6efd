/* SPDX-License-Identifier: MIT */
/*
 * What there is to see between calls: the arena's areas, its contents, the process's sizes.
 *
 * Two neighbouring areas that /proc/self/maps shows as alike are said as one: kernels may keep
 * apart what could be one, and for reasons that do not show there.
 */
#include "mapfuzz.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char text[16384];

static void read_text(const char *path)
{
    int fd = open(path, O_RDONLY);
    size_t have = 0;
    ssize_t n;

    while (have < sizeof(text) - 1 && (n = read(fd, text + have, sizeof(text) - 1 - have)) > 0)
        have += n;
    text[have] = 0;
    close(fd);
}

long status_kib(const char *name)
{
    char *p;

    read_text("/proc/self/status");
    p = strstr(text, name);
    return p ? strtol(p + strlen(name), NULL, 10) : -1;
}

struct line {
    unsigned long start, end, offset;
    char perms[5];
    char id[40]; /* device and inode */
    int file;    /* 0: none; else a number for each file in the order of their lines */
    const char *name;
};

/* A number for "dev inode", the same for the same file. */
static int file_number(const char *id)
{
    static char known[MAX_PAGES][40];
    static int n;

    if (!id) {
        n = 0;
        return 0;
    }
    for (int i = 0; i < n; i++)
        if (strcmp(known[i], id) == 0)
            return i + 1;
    if (n < MAX_PAGES)
        strcpy(known[n++], id);
    return n;
}

/* The file's name without its directory. */
static const char *base_name(const char *path)
{
    const char *slash = NULL, *p;

    for (p = path; *p && *p != ' '; p++)
        if (*p == '/')
            slash = p;
    if (strncmp(path, "/memfd:", 7) == 0 || strncmp(path, "/dev/zero", 9) == 0)
        return path;
    return slash ? "/file" : path;
}

/* "start-end perms offset dev inode   name" */
static void parse(char *at, struct line *l)
{
    char *p;

    l->start = strtoul(at, &p, 16);
    l->end = strtoul(p + 1, &p, 16);
    memcpy(l->perms, p + 1, 4);
    l->perms[4] = 0;
    l->offset = strtoul(p + 6, &p, 16);
    at = p + strspn(p, " ");
    p = at + strcspn(at, " ");
    p += strspn(p, " ");
    p += strcspn(p, " ");
    memset(l->id, 0, sizeof(l->id));
    memcpy(l->id, at, (size_t)(p - at) < sizeof(l->id) ? (size_t)(p - at) : sizeof(l->id) - 1);
    l->name = base_name(p + strspn(p, " "));
    if (strcmp(l->name, "/dev/zero") == 0)
        l->offset = 0; /* a private mapping of it is anonymous: a place in it means nothing */
}

static bool alike(const struct line *a, const struct line *b)
{
    return a->end == b->start && strcmp(a->perms, b->perms) == 0 && a->file == b->file &&
           (!a->file || strcmp(a->name, "/dev/zero") == 0 ||
            a->offset + (a->end - a->start) == b->offset);
}

static void say_line(const struct line *l)
{
    if (l->file)
        say("  +%lx-+%lx %s %lx %d %s\n", l->start - ARENA, l->end - ARENA, l->perms, l->offset,
            l->file, l->name);
    else
        say("  +%lx-+%lx %s\n", l->start - ARENA, l->end - ARENA, l->perms);
}

static bool readable[MAX_PAGES];

void say_maps(void)
{
    struct line last = {0}, l;
    char *next;

    memset(readable, 0, sizeof(readable));
    file_number(NULL);
    read_text("/proc/self/maps");
    for (char *p = text; *p; p = next) {
        next = p + strcspn(p, "\n");
        if (*next)
            *next++ = 0;
        parse(p, &l);
        if (l.end <= ARENA || l.start >= ARENA + MAX_PAGES * PAGE)
            continue;
        l.file = strcmp(l.id, "00:00 0") == 0 ? 0 : file_number(l.id);
        for (unsigned long at = l.start; at < l.end; at += PAGE)
            if (l.perms[0] == 'r' && at >= ARENA && at < ARENA + MAX_PAGES * PAGE)
                readable[(at - ARENA) / PAGE] = true;
        if (last.end && alike(&last, &l)) {
            last.end = l.end;
            continue;
        }
        if (last.end)
            say_line(&last);
        last = l;
    }
    if (last.end)
        say_line(&last);
}

/* The words of each page that anything is ever stored to. */
static void say_contents(void)
{
    for (unsigned i = 0; i < MAX_PAGES; i++) {
        unsigned long addr = ARENA + i * PAGE;
        uint64_t h = 1, value;
        if (!readable[i])
            continue;
        for (int j = 0; j < 4; j++) {
            if (!load(addr + spots[j], &value)) {
                say("  page %x: %s\n", i, touch_signal(addr + spots[j]));
                h = 0;
                break;
            }
            h = hash(h, &value, sizeof(value));
        }
        if (h)
            say("  page %x: %llx\n", i, (unsigned long long)h);
    }
}

void say_state(void)
{
    long size = status_kib("VmSize:") - seq.base_size, data = status_kib("VmData:") - seq.base_data;
    long locked = status_kib("VmLck:");

    say("state: VmSize %+ld VmData %+ld VmLck %ld\n", size, data, locked);
    say_maps();
    say_contents();
}
