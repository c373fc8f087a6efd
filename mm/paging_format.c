/* SPDX-License-Identifier: MIT */
/* See mm/paging_format.h. */
#include "mm/paging_format.h"

#define FIELD(name, low, high) {name, low, high},

static const struct pte_field leaf_fields[] = {PTE_LEAF_FIELDS(FIELD){NULL, 0, 0}};
static const struct pte_field table_fields[] = {PTE_TABLE_FIELDS(FIELD){NULL, 0, 0}};

const struct paging_format paging_format = {
    .name = PT_NAME,
    .levels = PT_LEVELS,
    .va_bits = PT_VA_BITS,
    .index_bits = PT_INDEX_BITS,
    .page_shift = PAGE_SHIFT,
    .leaf_bits = PTE_LEAF_BITS,
    .page_offset = PAGE_OFFSET,
    .page_array = vmemmap,
    .leaf_fields = leaf_fields,
    .table_fields = table_fields,
};
