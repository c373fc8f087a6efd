/* SPDX-License-Identifier: MIT */
/* The paging formats: what a root slot's number comes to here, and on the other machine. */
#include "tour.h"
#include <cli.h>
#include <errno.h>
#include <pagetables.h>
#include <string.h>

/* The other machine's is the first in the list that is not of this one. */
static const struct format formats[] = {
    {"riscv64", "Sv39", 3, 39},   {"x86_64", "4-level", 4, 48}, {"riscv64", "Sv48", 4, 48},
    {"x86_64", "5-level", 5, 57}, {"riscv64", "Sv57", 5, 57},
};
#define FORMATS (sizeof(formats) / sizeof(*formats))

const struct format *here(void)
{
    const struct pt_format *f = pt_format();

    for (size_t i = 0; i < FORMATS; i++)
        if (strcmp(formats[i].machine, f->machine) == 0 && strcmp(formats[i].name, f->name) == 0)
            return &formats[i];
    errno = 0;
    give_up("/proc/kernel_format: no format that is known here");
}

const struct format *there(void)
{
    const struct format *mine = here(), *other = formats;

    while (strcmp(other->machine, mine->machine) == 0)
        other++;
    return other;
}

uint64_t slot_address(const struct format *f, unsigned int slot)
{
    return pt_slot_address(slot, f->levels, f->va_bits);
}

uint64_t slot_size(const struct format *f)
{
    return 1ul << PT_SHIFT(f->levels - 1);
}

unsigned int slot_of(const struct format *f, uint64_t address)
{
    return address >> PT_SHIFT(f->levels - 1) & (PT_ENTRIES - 1);
}

uint64_t fact(const char *key)
{
    return proc_value("/proc/kernel_format", key);
}

const char *size_text(uint64_t bytes)
{
    static char buffers[8][16];
    static unsigned int next;

    return human_size(buffers[next++ % 8], bytes);
}
