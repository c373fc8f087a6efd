/* SPDX-License-Identifier: MIT */
/* Finding ACPI's tables; see acpi.h. */
#include "arch/x86_64/acpi.h"

#include <arch/early.h>
#include "kernel/string.h"
#include "mm/page.h"

_Static_assert(offsetof(struct acpi_fadt, flags) == 112, "FADT");
_Static_assert(offsetof(struct acpi_fadt, x_dsdt) == 140, "FADT");
_Static_assert(offsetof(struct acpi_fadt, sleep_control) == 244, "FADT");

/* 5.2.5.3. Revision 0 ends before `length`. */
struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint8_t extended_checksum, reserved[3];
} __packed;

#define RSDP_SIZE_0 20

/* The root table lists the others, as addresses of this many bytes each. */
static const struct acpi_table *root;
static size_t pointer_size;

/* NULL when the early direct map does not show all of it. */
static const void *physical(paddr_t pa, size_t size)
{
    paddr_t start, end;

    arch_early_direct_map(&start, &end);
    return pa > start && pa < end && size <= end - pa ? __va(pa) : NULL;
}

/* All bytes of a valid structure add up to 0. */
static bool sum_is_zero(const void *data, size_t size)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum += ((const uint8_t *)data)[i];
    return sum == 0;
}

static const struct acpi_table *table_at(paddr_t pa)
{
    const struct acpi_table *table = physical(pa, sizeof(*table));

    if (!table || table->length < sizeof(*table) || !physical(pa, table->length) ||
        !sum_is_zero(table, table->length))
        return NULL;
    return table;
}

bool acpi_open(paddr_t pa)
{
    const struct rsdp *rsdp = physical(pa, RSDP_SIZE_0);

    if (!rsdp || memcmp(rsdp->signature, "RSD PTR ", 8) != 0 || !sum_is_zero(rsdp, RSDP_SIZE_0))
        return false;
    pointer_size = 4;
    root = NULL;
    if (rsdp->revision >= 2 && physical(pa, sizeof(*rsdp)) && rsdp->xsdt) {
        pointer_size = 8;
        root = table_at(rsdp->xsdt);
    }
    if (!root) {
        pointer_size = 4;
        root = table_at(rsdp->rsdt);
    }
    return root;
}

const struct acpi_table *acpi_find(const char signature[4])
{
    const char *at = (const char *)(root + 1);
    size_t left = root->length - sizeof(*root);

    for (; left >= pointer_size; at += pointer_size, left -= pointer_size) {
        uint64_t pa = 0;
        memcpy(&pa, at, pointer_size);
        const struct acpi_table *table = table_at(pa);
        if (table && memcmp(table->signature, signature, 4) == 0)
            return table;
    }
    return NULL;
}

void acpi_find_fadt(struct acpi_fadt *out)
{
    const struct acpi_table *table = acpi_find("FACP");

    memset(out, 0, sizeof(*out));
    if (table)
        memcpy(out, table, min((size_t)table->length, sizeof(*out)));
}

const struct acpi_table *acpi_find_dsdt(void)
{
    struct acpi_fadt fadt;

    acpi_find_fadt(&fadt);
    return table_at(fadt.x_dsdt ? fadt.x_dsdt : fadt.dsdt);
}

/* The least length of an entry, by type; 0: not one that anybody asks for. */
static size_t entry_size(uint8_t type)
{
    switch (type) {
    case MADT_LAPIC:
        return 8;
    case MADT_IOAPIC:
    case MADT_LAPIC_ADDRESS:
        return 12;
    case MADT_OVERRIDE:
        return 10;
    default:
        return 0;
    }
}

const struct madt_entry *madt_next(const struct acpi_madt *madt, const struct madt_entry *entry)
{
    const uint8_t *at =
        entry ? (const uint8_t *)entry + entry->length : (const uint8_t *)(madt + 1);
    const uint8_t *end = (const uint8_t *)madt + madt->header.length;

    while (at + 2 <= end) {
        const struct madt_entry *next = (const void *)at;
        size_t size = entry_size(next->type);
        if (next->length < 2 || next->length > end - at)
            break;
        if (size && next->length >= size)
            return next;
        at += next->length;
    }
    return NULL;
}
