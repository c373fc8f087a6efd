/* SPDX-License-Identifier: MIT */
/* The exception table: see mm/extable.h. It has a dozen entries. */
#include "mm/extable.h"

#include <arch/trap.h>
#include "mm/layout.h"

struct extable_entry {
    vaddr_t start, end; /* of the instructions that may fault */
    vaddr_t fixup;
};

/* From the linker script. */
extern const struct extable_entry __extable_start[], __extable_end[];

static const struct extable_entry *find_entry(vaddr_t pc)
{
    for (const struct extable_entry *entry = __extable_start; entry < __extable_end; entry++)
        if (pc >= entry->start && pc < entry->end)
            return entry;
    return NULL;
}

/* Only the user's side of a copy may fault: a bad address on ours is a bug to be seen. */
bool in_user_copy(const struct trapframe *tf, vaddr_t addr)
{
    return addr < USER_END && find_entry(tf_pc(tf));
}

void fixup_user_copy(struct trapframe *tf)
{
    tf_set_pc(tf, find_entry(tf_pc(tf))->fixup);
}
