/* SPDX-License-Identifier: MIT */
/* Options, and the order of the picture's parts. */
#include "layout.h"
#include <cli.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <procfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char synopsis[] =
    "layout [-a] [-w file] [pid]\n"
    "  draws an address space and the kernel's, high addresses at the top:\n"
    "  this program's, with its own objects, or that of another process\n"
    "  -a       with ASCII characters only\n"
    "  -w file  the kernel's windows from this file, not /proc/kernel_windows";

static void print_title(const struct picture *p, const char *whose)
{
    struct utsname u;
    char size[16];

    if (uname(&u) == 0)
        printf("%s on %s, ", u.nodename, u.machine);
    printf("address space of %s", whose);
    if (p->shift)
        printf("; a root slot is %s", human_size(size, 1UL << p->shift));
    printf("\n\n");
}

/* Every object must lie in an area; one that does not is a mistake of the kernel's, or of ours. */
static int check_marks(const struct marks *marks, const struct areas *areas)
{
    int status = 0;

    for (size_t i = 0; i < marks->count; i++) {
        const struct mark *m = &marks->list[i];
        size_t j = 0;
        while (j < areas->count &&
               (m->address < areas->list[j].start || m->address > areas->list[j].last))
            j++;
        if (j == areas->count) {
            warnx("%s at %lx lies in no area", m->what, m->address);
            status = 1;
        }
    }
    return status;
}

static void print_totals(const struct areas *areas)
{
    uint64_t total = 0;
    char size[16];

    for (size_t i = 0; i < areas->count; i++)
        total += areas->list[i].last - areas->list[i].start + 1;
    printf("\nuser half: %zu areas, %s in all\n", areas->count, human_size(size, total));
}

static void draw(const struct picture *p, const struct areas *windows, const struct areas *maps)
{
    uint64_t half;

    if (p->shift) {
        half = 256UL << p->shift;
        draw_heading(p, "kernel half");
        draw_areas(p, windows, -half, UINT64_MAX);
        draw_noncanonical();
        draw_areas(p, maps, 0, half - 1);
    } else {
        draw_areas(p, maps, 0, maps->list[maps->count - 1].last);
    }
    draw_heading(p, "user half");
}

int main(int argc, char **argv)
{
    const char *windows_file = "/proc/kernel_windows", *given = NULL;
    char whose[64] = "this process", command[32];
    struct areas windows, maps;
    struct picture picture = {0};
    struct marks marks = {0};
    int opt, pid = PROC_SELF, status = 0;

    while ((opt = getopt(argc, argv, "aw:")) != -1) {
        if (opt == 'a')
            use_ascii();
        else if (opt == 'w')
            windows_file = given = optarg;
        else
            usage(synopsis);
    }
    if (optind < argc)
        pid = number_arg(argv[optind++], 1, INT_MAX);
    if (optind < argc)
        usage(synopsis);
    if (pid) {
        if (proc_command(pid, command, sizeof(command)) < 0)
            errx(1, "%d: no such process", pid);
        snprintf(whose, sizeof(whose), "%d: %s", pid, command);
    } else {
        find_marks(&marks, argv, &opt, (int (*)(int, char **))main);
        picture.marks = &marks;
    }

    windows = read_windows(windows_file, &picture.shift);
    if (!windows.list && given)
        err(1, "%s", given);
    if (!windows.list)
        printf("%s: %s: the kernel half and slots cannot be drawn\n", windows_file,
               strerror(errno));
    else if (!picture.shift)
        printf("%s: slots and addresses do not fit together\n", windows_file);
    maps = read_maps(pid);
    if (!maps.count)
        errx(1, "%s: has no memory of its own", whose);
    print_title(&picture, whose);
    draw(&picture, &windows, &maps);
    print_totals(&maps);
    if (!pid)
        status = check_marks(&marks, &maps);
    return finish(status);
}
