/* SPDX-License-Identifier: MIT */
/*
 * A reader for the flattened device tree, firmware's description of the machine (Devicetree
 * Specification 0.4, chapter 5): visits the nodes in the order they lie in, and finds their
 * properties. It changes and allocates nothing.
 */
#ifndef RISCV_FDT_H
#define RISCV_FDT_H

#include "kernel/types.h"

#define FDT_MAX_DEPTH 8

struct fdt_node {
    const char *name; /* with the unit address: "memory@80000000" */
    const struct fdt_node *parent;
    const uint32_t *props;              /* where its properties begin */
    unsigned address_cells, size_cells; /* how its children spell their `reg` */
};

struct fdt_walk {
    struct fdt_node stack[FDT_MAX_DEPTH]; /* the present node and those it lies in */
    unsigned depth;
    const uint32_t *at;
};

/* Where the tree is from now on. Returns its size in bytes, 0 when there is none. */
size_t fdt_open(const void *blob);

/* The memory reservation block: entry n, or false beyond the last. */
bool fdt_reservation(unsigned n, paddr_t *start, uint64_t *size);

void fdt_start(struct fdt_walk *w);
/* The next node, valid until the next call, or NULL at the end. */
const struct fdt_node *fdt_next(struct fdt_walk *w);

/* NULL when the node has no such property. *len in bytes; may be NULL. */
const void *fdt_prop(const struct fdt_node *node, const char *name, unsigned *len);
/* A property of one or two cells; `otherwise` without it. */
uint64_t fdt_number(const struct fdt_node *node, const char *name, uint64_t otherwise);
/* Some string of a string-list property is `value`. */
bool fdt_has_string(const struct fdt_node *node, const char *name, const char *value);
bool fdt_compatible(const struct fdt_node *node, const char *value);
/* `status` is absent or okay. */
bool fdt_enabled(const struct fdt_node *node);
/* Address n in `reg`, as the CPU sees it (through the `ranges` of the buses above). */
bool fdt_reg(const struct fdt_node *node, unsigned n, paddr_t *start, uint64_t *size);

/* Big-endian. */
static inline uint32_t fdt_cell(const void *cell)
{
    const uint8_t *b = cell;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

#endif
