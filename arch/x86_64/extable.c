/* SPDX-License-Identifier: MIT */
/* The exception table of the copies between kernel and user memory; uaccess.S makes its entries. */
#include <arch/trap.h>
#include <arch/uaccess.h>
#include "mm/layout.h"

struct extable_entry {
    vaddr_t start, end; /* of the instructions that may fault */
    vaddr_t fixup;
};

/* kernel.lds.S */
extern const struct extable_entry __extable_start[], __extable_end[];

static const struct extable_entry *find_entry(const struct trapframe *tf)
{
    /* Only the user's side of a copy may fault: a bad address on ours is a bug to be seen. */
    if (tf->address >= USER_END)
        return NULL;
    for (const struct extable_entry *entry = __extable_start; entry < __extable_end; entry++)
        if (tf->rip >= entry->start && tf->rip < entry->end)
            return entry;
    return NULL;
}

bool arch_in_user_copy(const struct trapframe *tf)
{
    return find_entry(tf);
}

bool arch_fixup_fault(struct trapframe *tf)
{
    const struct extable_entry *entry = find_entry(tf);

    if (entry)
        tf->rip = entry->fixup;
    return entry;
}
