/* SPDX-License-Identifier: MIT */
/*
 * layout: draws an address space, high addresses at the top.
 *
 *   areas.c  reads /proc/kernel_windows and /proc/PID/maps
 *   marks.c  finds where this program's own objects lie
 *   draw.c   the picture
 *   main.c   options
 *
 * Nothing is drawn that was not read or measured: what the kernel does not say stays out.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stddef.h>
#include <stdint.h>

/* A stretch of addresses. The last one is inside, so that the top of the address space has one. */
struct area {
    uint64_t start, last;
    char name[80];
    char note[40]; /* protection, and page sizes where known */
};

struct areas {
    struct area *list; /* by address, rising */
    size_t count;
};

/* A process's; none with errno set when they cannot be read. */
struct areas read_maps(int pid);
/* The lines of kernel_windows; NULL list with errno set when it cannot be read, ends on a malformed
 * line; *shift becomes the number of address bits below the root slot's, 0 if that is unclear.
 */
struct areas read_windows(const char *path, unsigned *shift);

/* One of this program's objects. */
struct mark {
    uint64_t address;
    const char *what;
    char value[32];
};

struct marks {
    struct mark list[24]; /* by address, rising */
    size_t count;
};

/* stack: an address in main's frame. The objects are made now, the break grows once before. */
void find_marks(struct marks *marks, char **argv, void *stack, int (*main_function)(int, char **));

/*
 * --- draw.c -------------------------------------------------------------------------------------
 */
struct picture {
    unsigned shift; /* 0: slots unknown */
    const struct marks *marks;
};
void use_ascii(void);
/* What is drawn next, and over the column of root slots what that is. */
void draw_heading(const struct picture *p, const char *text);
/*
 * Everything from `start` to `last` (inclusive), with what lies between the areas shown as empty.
 */
void draw_areas(const struct picture *p, const struct areas *areas, uint64_t start, uint64_t last);
/* What is between the halves: addresses that no program can form. */
void draw_noncanonical(void);

#endif
