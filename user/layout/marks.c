/* SPDX-License-Identifier: MIT */
/* The addresses of this program's own objects, one for each kind of memory. */
#include "layout.h"
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static const char rodata_object[] = "a constant";
static int data_object = 39;
static int bss_object;

static void add(struct marks *marks, const void *address, const char *what, const char *value)
{
    struct mark *m = &marks->list[marks->count++];

    m->address = (uintptr_t)address;
    m->what = what;
    snprintf(m->value, sizeof(m->value), "%s", value);
}

static int by_address(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;

    return x->address < y->address ? -1 : x->address > y->address;
}

static void add_strings(struct marks *marks, char **argv)
{
    const char *name = (const char *)getauxval(AT_EXECFN);
    char **last = environ;

    while (last[0] && last[1])
        last++;
    add(marks, argv, "argv[]", "");
    add(marks, environ, "environ[]", "");
    add(marks, argv[0], "first argument", argv[0]);
    if (*environ) {
        add(marks, *environ, "first environment string", *environ);
        if (last > environ)
            add(marks, *last, "last environment string", *last);
    }
    if (name)
        add(marks, name, "name given to exec", name);
}

void find_marks(struct marks *marks, char **argv, void *stack, int (*main_function)(int, char **))
{
    void *small = malloc(64), *large = malloc(M_MMAP_THRESHOLD);

    if (!small || !large)
        err(1, "marks");
    marks->count = 0;
    add(marks, (const void *)main_function, "main()", "");
    add(marks, rodata_object, "a constant", "");
    add(marks, &data_object, "an initialized variable", "");
    add(marks, &bss_object, "a variable that starts as 0", "");
    add(marks, small, "malloc(64)", "");
    add(marks, large, "malloc(128 KiB)", "");
    add(marks, sbrk(0) - 1, "last byte below the break", "");
    add(marks, stack, "a local variable of main", "");
    add_strings(marks, argv);
    qsort(marks->list, marks->count, sizeof(*marks->list), by_address);
}
