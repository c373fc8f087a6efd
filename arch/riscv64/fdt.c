/* SPDX-License-Identifier: MIT */
/* The device tree reader; see fdt.h. */
#include "arch/riscv64/fdt.h"
#include "kernel/string.h"

#define FDT_MAGIC 0xd00dfeed

enum {
    FDT_BEGIN_NODE = 1,
    FDT_END_NODE,
    FDT_PROP,
    FDT_NOP,
    FDT_END = 9
};

/* All fields big-endian, offsets from the header's start. */
struct fdt_header {
    uint32_t magic, total_size, structs_offset, strings_offset, reservations_offset;
    uint32_t version, compatible_version, boot_cpu, strings_size, structs_size;
};

static const struct fdt_header *tree;

static const void *tree_at(const uint32_t *offset)
{
    return (const char *)tree + fdt_cell(offset);
}

size_t fdt_open(const void *blob)
{
    tree = blob;
    return fdt_cell(&tree->magic) == FDT_MAGIC ? fdt_cell(&tree->total_size) : 0;
}

static uint64_t read_cells(const uint32_t *cell, unsigned n)
{
    uint64_t value = 0;
    while (n--)
        value = value << 32 | fdt_cell(cell++);
    return value;
}

bool fdt_reservation(unsigned n, paddr_t *start, uint64_t *size)
{
    const uint32_t *entry = (const uint32_t *)tree_at(&tree->reservations_offset) + 4 * n;
    *start = read_cells(entry, 2);
    *size = read_cells(entry + 2, 2);
    return *size;
}

/* Behind `n` bytes, cell-aligned. */
static const uint32_t *skip_bytes(const void *at, size_t n)
{
    return (const uint32_t *)((const char *)at + ALIGN_UP(n, 4));
}

/* Behind the token at `at` and what belongs to it. */
static const uint32_t *skip_token(const uint32_t *at)
{
    switch (fdt_cell(at)) {
    case FDT_PROP:
        return skip_bytes(at + 3, fdt_cell(at + 1));
    case FDT_BEGIN_NODE:
        return skip_bytes(at + 1, strlen((const char *)(at + 1)) + 1);
    default:
        return at + 1;
    }
}

void fdt_start(struct fdt_walk *w)
{
    w->depth = 0;
    w->at = tree_at(&tree->structs_offset);
}

const struct fdt_node *fdt_next(struct fdt_walk *w)
{
    for (;;) {
        const uint32_t *token = w->at;
        w->at = fdt_cell(token) == FDT_END ? token : skip_token(token);
        switch (fdt_cell(token)) {
        case FDT_BEGIN_NODE:
            /* What is nested deeper than the stack is skipped; no machine's tree is. */
            if (w->depth++ >= FDT_MAX_DEPTH)
                break;
            struct fdt_node *node = &w->stack[w->depth - 1];
            node->name = (const char *)(token + 1);
            node->parent = w->depth > 1 ? node - 1 : NULL;
            node->props = w->at;
            node->address_cells = (unsigned)fdt_number(node, "#address-cells", 2);
            node->size_cells = (unsigned)fdt_number(node, "#size-cells", 1);
            return node;
        case FDT_END_NODE:
            if (w->depth)
                w->depth--;
            break;
        case FDT_PROP:
        case FDT_NOP:
            break;
        default:
            return NULL;
        }
    }
}

const void *fdt_prop(const struct fdt_node *node, const char *name, unsigned *len)
{
    const char *strings = tree_at(&tree->strings_offset);

    /* Properties come before the children. */
    for (const uint32_t *at = node->props;; at = skip_token(at)) {
        if (fdt_cell(at) == FDT_NOP)
            continue;
        if (fdt_cell(at) != FDT_PROP)
            return NULL;
        if (strcmp(strings + fdt_cell(at + 2), name) == 0) {
            if (len)
                *len = fdt_cell(at + 1);
            return at + 3;
        }
    }
}

uint64_t fdt_number(const struct fdt_node *node, const char *name, uint64_t otherwise)
{
    unsigned len;
    const uint32_t *value = fdt_prop(node, name, &len);
    return value && (len == 4 || len == 8) ? read_cells(value, len / 4) : otherwise;
}

bool fdt_has_string(const struct fdt_node *node, const char *name, const char *value)
{
    unsigned len;
    const char *s = fdt_prop(node, name, &len);
    for (const char *end = s + len; s && s < end; s += strlen(s) + 1)
        if (strcmp(s, value) == 0)
            return true;
    return false;
}

bool fdt_compatible(const struct fdt_node *node, const char *value)
{
    return fdt_has_string(node, "compatible", value);
}

bool fdt_enabled(const struct fdt_node *node)
{
    return !fdt_prop(node, "status", NULL) || fdt_has_string(node, "status", "okay") ||
           fdt_has_string(node, "status", "ok");
}

/* From an address on `bus` to one on the bus it lies on. False when they do not connect there. */
static bool translate(const struct fdt_node *bus, paddr_t *addr)
{
    unsigned len, upper = bus->parent->address_cells;
    unsigned entry = bus->address_cells + upper + bus->size_cells;
    const uint32_t *range = fdt_prop(bus, "ranges", &len);

    if (!range)
        return false;
    if (len == 0)
        return true;
    for (const uint32_t *end = range + len / 4; range + entry <= end; range += entry) {
        uint64_t offset = *addr - read_cells(range, bus->address_cells);
        if (offset < read_cells(range + bus->address_cells + upper, bus->size_cells)) {
            *addr = read_cells(range + bus->address_cells, upper) + offset;
            return true;
        }
    }
    return false;
}

bool fdt_reg(const struct fdt_node *node, unsigned n, paddr_t *start, uint64_t *size)
{
    const struct fdt_node *bus = node->parent;
    unsigned len, entry = bus->address_cells + bus->size_cells;
    const uint32_t *reg = fdt_prop(node, "reg", &len);

    if (!reg || (n + 1) * entry * 4 > len)
        return false;
    reg += n * entry;
    *start = read_cells(reg, bus->address_cells);
    *size = read_cells(reg + bus->address_cells, bus->size_cells);
    for (; bus->parent; bus = bus->parent)
        if (!translate(bus, start))
            return false;
    return true;
}
