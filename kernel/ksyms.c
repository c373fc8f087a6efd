/* SPDX-License-Identifier: MIT */
/*
 * Names of the kernel's functions, for reports. kernel/ksyms.awk makes the table: addresses in
 * ascending order (their low 32 bits), and as many names, each ended by a zero byte.
 */
#include <arch/image.h>
#include "kernel/panic.h"
#include "kernel/string.h"

extern const uint32_t ksyms_count, ksyms_addresses[];
extern const char ksyms_names[];

const char *ksym_lookup(vaddr_t addr, size_t *offset)
{
    uint32_t low = (uint32_t)addr;
    const char *name = ksyms_names;

    if (addr < (vaddr_t)__text_start || addr >= (vaddr_t)__text_end || ksyms_count == 0 ||
        low < ksyms_addresses[0])
        return NULL;
    unsigned i = 0;
    for (; i + 1 < ksyms_count && ksyms_addresses[i + 1] <= low; i++)
        name += strlen(name) + 1;
    *offset = low - ksyms_addresses[i];
    return name;
}
