/* SPDX-License-Identifier: MIT */
/*
 * ptwalk: the way of an address through the page tables: on each level the table, the index, the
 * entry and the names of the bits that are set in it; at the end the physical address.
 */
#include <cli.h>
#include <err.h>
#include <limits.h>
#include <pagetables.h>
#include <procfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char synopsis[] =
    "ptwalk [pid] address\n"
    "  walks an address, in hexadecimal, through the page tables: of the process,\n"
    "  by default ptwalk's own, in the user half; of the kernel in the other";

static uint64_t address_arg(const char *s)
{
    char *end;
    uint64_t address = strtoul(s, &end, 16);

    if (end == s || *end)
        errx(2, "%s: not an address", s);
    if (!pt_canonical(address))
        errx(1, "%s: not canonical: %u bits of an address count, and all above are as the highest",
             s, pt_format()->va_bits);
    return address;
}

static void print_steps(const struct pt_step *steps, int n)
{
    char flags[128];

    printf("level index table            entry            kind   flags\n");
    for (int i = 0; i < n; i++)
        printf("%5u %5u %016lx %016lx %-6s %s\n", steps[i].level, steps[i].index, steps[i].table,
               steps[i].entry, steps[i].kind,
               steps[i].entry ? pt_flag_names(&steps[i], flags, sizeof(flags)) : "-");
}

static void print_end(const struct pt_step *steps, int n, uint64_t address)
{
    const struct pt_step *last = &steps[n - 1];
    uint64_t physical;
    char size[16];

    if (pt_physical(steps, n, address, &physical))
        printf("%lx -> %lx, in a page of %s at %lx, %s\n", address, physical,
               human_size(size, 1ul << PT_SHIFT(last->level)), pt_target(last), last->prot);
    else if (strcmp(last->kind, "soft") == 0)
        printf("%lx -> nothing to the hardware; the kernel keeps a page here, or word of one\n",
               address);
    else
        printf("%lx -> nothing: no entry on level %u\n", address, last->level);
}

int main(int argc, char **argv)
{
    struct pt_step steps[PT_MAX_LEVELS];
    int n, pid = PROC_SELF;
    uint64_t address;

    if (getopt(argc, argv, "") != -1 || optind == argc || argc - optind > 2)
        usage(synopsis);
    if (argc - optind == 2)
        pid = number_arg(argv[optind++], 1, INT_MAX);
    address = address_arg(argv[optind]);
    n = pt_walk(pid, address, steps);
    if (n < 0 && pid == PROC_SELF)
        err(1, "%s", argv[optind]);
    if (n < 0)
        err(1, "%d", pid);
    printf("%lx in the %s half, %s: %u levels\n", address,
           pt_kernel_half(address) ? "kernel" : "user", pt_format()->name, pt_format()->levels);
    print_steps(steps, n);
    print_end(steps, n, address);
    return finish(0);
}
