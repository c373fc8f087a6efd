/* SPDX-License-Identifier: MIT */
/*
 * ACPI's tables, as firmware leaves them in memory (ACPI Specification 6.4, chapter 5).
 *
 * They are read while the early direct map is in use and nothing has been allocated: what is needed
 * later is copied then. Tables lie below 4 GiB; one that does not, or whose sum is wrong, is as
 * good as none.
 */
#ifndef X86_ACPI_H
#define X86_ACPI_H

#include "kernel/types.h"

/* 5.2.6: what every table begins with. `length` is at least sizeof(struct acpi_table). */
struct acpi_table {
    char signature[4];
    uint32_t length; /* of all of it, in bytes */
    uint8_t revision, checksum;
    char oem_id[6], oem_table_id[8];
    uint32_t oem_revision, creator_id, creator_revision;
} __packed;

/* 5.2.3.2: where a register is. All zero: there is none. */
enum {
    ACPI_SPACE_MEMORY = 0,
    ACPI_SPACE_IO = 1
};
struct acpi_address {
    uint8_t space, width, bit_offset, access;
    uint64_t address;
} __packed;

/* 5.2.9. A table of an earlier revision ends sooner: see acpi_find_fadt(). */
struct acpi_fadt {
    struct acpi_table header;
    uint32_t facs, dsdt;
    uint8_t fixed_hardware[68]; /* 44: of machines that have it */
    uint32_t flags;
    struct acpi_address reset;
    uint8_t reset_value, more[11];
    uint64_t x_dsdt;
    uint8_t more_fixed_hardware[96];
    struct acpi_address sleep_control, sleep_status;
} __packed;

#define FADT_RESET_SUPPORTED (1u << 10)

/* 5.2.12: the interrupt controllers, described by entries behind the header. */
struct acpi_madt {
    struct acpi_table header;
    uint32_t lapic_address, flags;
} __packed;

enum madt_type {
    MADT_LAPIC = 0,
    MADT_IOAPIC = 1,
    MADT_OVERRIDE = 2,
    MADT_LAPIC_ADDRESS = 5
};
#define MADT_CPU_ENABLED 1u

struct madt_entry {
    uint8_t type, length;
    union {
        struct {
            uint8_t processor, apic_id;
            uint32_t flags;
        } __packed lapic;
        struct {
            uint8_t id, reserved;
            uint32_t address, gsi_base;
        } __packed ioapic;
        struct {
            uint8_t bus, irq;
            uint32_t gsi;
            uint16_t flags;
        } __packed override;
        struct {
            uint16_t reserved;
            uint64_t address;
        } __packed lapic_address;
    };
} __packed;

/*
 * Takes the tables from the root pointer at physical `rsdp`. False when they cannot be read: then
 * nothing below may be called.
 */
bool acpi_open(paddr_t rsdp);

/* The first table with this signature, or NULL. */
const struct acpi_table *acpi_find(const char signature[4]);
const struct acpi_table *acpi_find_dsdt(void);

/* A copy with zeroes for what the table is too old to have; all zero without a table. */
void acpi_find_fadt(struct acpi_fadt *out);

/* The entry behind `entry` (NULL: the first) that is whole and of a type above, or NULL. */
const struct madt_entry *madt_next(const struct acpi_madt *madt, const struct madt_entry *entry);

#endif
