/* SPDX-License-Identifier: MIT */
/*
 * A reader for the static part of an ACPI namespace: which devices there are, and where.
 *
 * The tables that describe a machine's devices are programs (ACPI Specification 6.4, chapter 20),
 * but what a simple machine says of its devices is constants in it: Scope, Device, and Name with an
 * integer, string, buffer or package. That is read here; methods, regions and fields are stepped
 * over. Nothing is run, allocated or changed. Bytes that make no sense end the scope they are in;
 * nothing outside of [code, code + size) is read, and every step goes forward.
 */
#ifndef X86_AML_H
#define X86_AML_H

#include "kernel/types.h"

struct aml_device {
    char hid[9]; /* _HID as text: "PNP0501" */
    /* From _CRS, the first of each kind. */
    paddr_t base; /* registers in memory */
    size_t size;  /* 0: none */
    uint16_t port;
    uint16_t nr_ports; /* 0: none */
    bool has_interrupt;
    bool isa;           /* `interrupt` is an ISA one, not a global system interrupt */
    unsigned interrupt; /* edge-triggered if `edge`, active low if `low` */
    bool edge, low;
};

struct aml_visitor {
    /* Called for each device that has a _HID and, as far as a constant _STA says, is there. */
    void (*device)(const struct aml_device *device);
    /* Called with the first element of \_S5: what the machine's sleep type is for power-off. */
    void (*power_off_type)(unsigned type);
};

void aml_read(const uint8_t *code, size_t size, const struct aml_visitor *visitor);

#endif
