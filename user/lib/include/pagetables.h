/* SPDX-License-Identifier: MIT */
/*
 * pagetables.h: walking an address through page tables as the kernel shows them, in
 * /proc/PID/page_tables for the user half and /proc/kernel_page_tables for the other. What an
 * entry's bits are called is read from /proc/kernel_format. Files that are not as they should be,
 * or do not agree with each other, end the program with a message.
 */
#ifndef PAGETABLES_H
#define PAGETABLES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PT_MAX_LEVELS 8
#define PT_MAX_FIELDS 48
#define PT_INDEX_BITS 9
#define PT_ENTRIES    (1u << PT_INDEX_BITS)
/* The bits of an address below the index of `level`; level 0 is the last. */
#define PT_SHIFT(level) (12 + PT_INDEX_BITS * (level))

struct pt_field {
    char name[16];
    unsigned int table, low, high; /* table: of an entry that points to one; bits, inclusive */
};

struct pt_format {
    char machine[16], name[16];
    unsigned int levels, va_bits, count;
    struct pt_field fields[PT_MAX_FIELDS];
};

/* This machine's, read once. */
const struct pt_format *pt_format(void);

/* The first address of a root slot when there are `levels` levels and `va_bits` bits of address. */
uint64_t pt_slot_address(unsigned int slot, unsigned int levels, unsigned int va_bits);

/* Whether the hardware can form the address, and whether it is the kernel's. */
int pt_canonical(uint64_t address);
int pt_kernel_half(uint64_t address);

/* A line of the kernel's text: entries of one table that go on alike. */
struct pt_run {
    uint64_t start, last; /* addresses covered, both inside */
    unsigned int level;
    char kind[8];         /* table, leaf, or soft: absent to the hardware, not to the kernel */
    uint64_t entry, step; /* the first entry, and what each next one is more */
    uint64_t table;       /* physical address of the table that they lie in */
    char prot[12];        /* of leaves: rwxugDads, or dashes */
};
/* The next run of an open page_tables or kernel_page_tables; 0 at the end. */
int pt_next_run(FILE *f, struct pt_run *run);

/* An entry on the way. */
struct pt_step {
    unsigned int level, index;
    uint64_t table; /* physical address of the table that it lies in */
    uint64_t entry;
    char kind[8]; /* as a run's, or absent */
    char prot[12];
};

/*
 * From the root down to where the way ends: a leaf, or nothing. `pid` counts for the user half
 * only. Returns the number of steps, -1 with errno when there is no such process. The address is
 * canonical.
 */
int pt_walk(int pid, uint64_t address, struct pt_step steps[PT_MAX_LEVELS]);

/* Where the step's entry leads: to a table or a page. */
uint64_t pt_target(const struct pt_step *step);

/* Where a walk of n steps leads; 0 when it ends with nothing mapped. */
int pt_physical(const struct pt_step *steps, int n, uint64_t address, uint64_t *physical);

/* The bits that are set in the entry, by name: "V R X U A"; the frame number left out. */
char *pt_flag_names(const struct pt_step *step, char *buf, size_t size);

#endif
