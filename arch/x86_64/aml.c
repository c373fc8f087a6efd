/* SPDX-License-Identifier: MIT */
/* The static part of an ACPI namespace; see aml.h. Section numbers are the ACPI Specification's. */
#include "arch/x86_64/aml.h"

#include "kernel/string.h"

/* Devices within devices; recursion goes no deeper. */
#define MAX_DEPTH 12

/* 20.3. Those of two bytes begin with 0x5b. */
enum aml_op {
    OP_ZERO = 0x00,
    OP_ONE = 0x01,
    OP_ALIAS = 0x06,
    OP_NAME = 0x08,
    OP_BYTE = 0x0a,
    OP_WORD = 0x0b,
    OP_DWORD = 0x0c,
    OP_STRING = 0x0d,
    OP_QWORD = 0x0e,
    OP_SCOPE = 0x10,
    OP_BUFFER = 0x11,
    OP_PACKAGE = 0x12,
    OP_VAR_PACKAGE = 0x13,
    OP_METHOD = 0x14,
    OP_EXTERNAL = 0x15,
    NAME_DUAL = 0x2e,
    NAME_MULTI = 0x2f,
    OP_EXTENDED = 0x5b,
    OP_IF = 0xa0,
    OP_ELSE = 0xa1,
    OP_ONES = 0xff,
    OP_MUTEX = 0x5b01,
    OP_EVENT = 0x5b02,
    OP_REGION = 0x5b80,
    OP_FIELD = 0x5b81,
    OP_DEVICE = 0x5b82,
    OP_PROCESSOR = 0x5b83,
    OP_POWER_RESOURCE = 0x5b84,
    OP_THERMAL_ZONE = 0x5b85,
    OP_INDEX_FIELD = 0x5b86,
    OP_BANK_FIELD = 0x5b87,
};

/* 6.4: resource descriptors, small ones by their type, large ones by their first byte. */
enum resource {
    SMALL_IRQ = 4,
    SMALL_IO = 8,
    SMALL_FIXED_IO = 9,
    SMALL_END = 15,
    LARGE_MEMORY32_FIXED = 0x86,
    LARGE_INTERRUPT = 0x89,
};

#define STA_PRESENT 1

/* What is left to read. Whatever does not fit leaves nothing: then all that follows is zero. */
struct reader {
    const uint8_t *at, *end;
};

static size_t left(const struct reader *r)
{
    return (size_t)(r->end - r->at);
}

static void give_up(struct reader *r)
{
    r->at = r->end;
}

/* The next `size` bytes, on their own. */
static struct reader take_part(struct reader *r, size_t size)
{
    if (size > left(r))
        give_up(r);
    struct reader part = {r->at, r->at + min(size, left(r))};
    r->at = part.end;
    return part;
}

/* A little-endian number of `size` bytes. */
static uint64_t take(struct reader *r, size_t size)
{
    struct reader part = take_part(r, size);
    uint64_t n = 0;

    for (unsigned shift = 0; part.at < part.end; shift += 8)
        n |= (uint64_t)*part.at++ << shift;
    return n;
}

/* 20.2.4: what a length stands in front of. The length counts itself. */
static struct reader take_package(struct reader *r)
{
    const uint8_t *start = r->at;
    unsigned lead = (unsigned)take(r, 1), more = lead >> 6;
    size_t length = more ? lead & 0xf : lead & 0x3f;

    length |= take(r, more) << 4;
    size_t own = (size_t)(r->at - start);
    if (length < own)
        give_up(r);
    return take_part(r, length - own);
}

/* 20.2.2: the last four letters of a path; all zero for an empty one. */
static void take_name(struct reader *r, char name[4])
{
    size_t segments = 1;

    while (left(r) && (*r->at == '\\' || *r->at == '^'))
        r->at++;
    memset(name, 0, 4);
    if (left(r) && *r->at == NAME_DUAL) {
        r->at++;
        segments = 2;
    } else if (left(r) && *r->at == NAME_MULTI) {
        r->at++;
        segments = take(r, 1);
    } else if (left(r) && *r->at == 0) {
        r->at++;
        segments = 0;
    }
    struct reader path = take_part(r, 4 * segments);
    if (left(&path))
        memcpy(name, path.end - 4, 4);
}

enum value_kind {
    VALUE_NONE, /* not a constant, or nothing */
    VALUE_INTEGER,
    VALUE_STRING,
    VALUE_BUFFER,
    VALUE_PACKAGE
};

struct value {
    enum value_kind kind;
    uint64_t integer;
    struct reader bytes; /* of a string, without its 0; a buffer; a package's elements */
};

static bool take_integer(struct reader *r, uint64_t *n)
{
    unsigned op = (unsigned)take(r, 1);

    switch (op) {
    case OP_ZERO:
    case OP_ONE:
        *n = op;
        return true;
    case OP_ONES:
        *n = ~0ul;
        return true;
    case OP_BYTE:
        *n = take(r, 1);
        return true;
    case OP_WORD:
        *n = take(r, 2);
        return true;
    case OP_DWORD:
        *n = take(r, 4);
        return true;
    case OP_QWORD:
        *n = take(r, 8);
        return true;
    default:
        r->at--;
        return false;
    }
}

static struct value take_value(struct reader *r)
{
    struct value v = {VALUE_NONE, 0, {r->end, r->end}};
    char name[4];
    uint64_t size;

    if (!left(r))
        return v;
    if (take_integer(r, &v.integer)) {
        v.kind = VALUE_INTEGER;
        return v;
    }
    unsigned op = *r->at++;
    if (op == OP_STRING) {
        const uint8_t *end = memchr(r->at, 0, left(r));
        v.kind = VALUE_STRING;
        v.bytes = take_part(r, end ? (size_t)(end - r->at) : left(r));
        take(r, 1);
    } else if (op == OP_BUFFER) {
        v.bytes = take_package(r);
        if (take_integer(&v.bytes, &size))
            v.kind = VALUE_BUFFER;
    } else if (op == OP_PACKAGE || op == OP_VAR_PACKAGE) {
        v.bytes = take_package(r);
        if (op == OP_PACKAGE && take(&v.bytes, 1))
            v.kind = VALUE_PACKAGE;
    } else {
        /* A reference to something else, or an expression: that has no length to step over. */
        r->at--;
        if ((op >= 'A' && op <= 'Z') || strchr("_\\^./", (int)op))
            take_name(r, name);
        else
            give_up(r);
    }
    return v;
}

/* 19.3.4: "PNP0501" is three letters of five bits and four hexadecimal digits, big-endian. */
static void hid_text(const struct value *v, char hid[9])
{
    uint32_t id = __builtin_bswap32((uint32_t)v->integer);

    if (v->kind == VALUE_STRING) {
        size_t n = min(left(&v->bytes), (size_t)8);
        memcpy(hid, v->bytes.at, n);
        hid[n] = '\0';
    } else if (v->kind == VALUE_INTEGER) {
        snprintf(hid, 9, "%c%c%c%04X", 0x40 + (id >> 26 & 31), 0x40 + (id >> 21 & 31),
                 0x40 + (id >> 16 & 31), id & 0xffff);
    }
}

static void set_interrupt(struct aml_device *d, unsigned number, bool isa, bool edge, bool low)
{
    if (d->has_interrupt)
        return;
    d->has_interrupt = true;
    d->interrupt = number;
    d->isa = isa;
    d->edge = edge;
    d->low = low;
}

static void set_ports(struct aml_device *d, uint64_t port, uint64_t count)
{
    if (d->nr_ports)
        return;
    d->port = (uint16_t)port;
    d->nr_ports = (uint16_t)count;
}

/* One descriptor without its head, of which every field that is missing is zero. */
static void read_resource(unsigned type, struct reader r, struct aml_device *d)
{
    uint64_t first = take(&r, type == SMALL_IRQ || type == SMALL_FIXED_IO ? 2 : 1);

    switch (type) {
    case SMALL_IRQ: {
        /* A set of ISA interrupts; edge-triggered and active high where it says nothing. */
        unsigned flags = left(&r) ? (unsigned)take(&r, 1) : 1;
        if (first)
            set_interrupt(d, (unsigned)__builtin_ctzl(first), true, flags & 1, flags & 8);
        break;
    }
    case SMALL_IO: {
        uint64_t port = take(&r, 2);
        take(&r, 3);
        set_ports(d, port, take(&r, 1));
        break;
    }
    case SMALL_FIXED_IO:
        set_ports(d, first, take(&r, 1));
        break;
    case LARGE_MEMORY32_FIXED: {
        uint64_t base = take(&r, 4), size = take(&r, 4);
        if (d->size == 0) {
            d->base = base;
            d->size = size;
        }
        break;
    }
    case LARGE_INTERRUPT:
        if (take(&r, 1))
            set_interrupt(d, (unsigned)take(&r, 4), false, first & 2, first & 4);
        break;
    }
}

static void read_resources(struct reader r, struct aml_device *d)
{
    while (left(&r)) {
        unsigned tag = (unsigned)take(&r, 1);
        size_t size = tag & 0x80 ? take(&r, 2) : tag & 7;
        unsigned type = tag & 0x80 ? tag : tag >> 3;

        if (type == SMALL_END)
            return;
        read_resource(type, take_part(&r, size), d);
    }
}

/* A scope being read: `device` and `present` are its own if it is a device's. */
struct scope {
    const struct aml_visitor *visitor;
    struct aml_device *device; /* or NULL */
    bool present;
    int depth;
};

static void read_name(struct scope *scope, struct reader *r)
{
    char name[4];
    uint64_t type;

    take_name(r, name);
    struct value v = take_value(r);
    if (!scope->device) {
        if (memcmp(name, "_S5_", 4) == 0 && v.kind == VALUE_PACKAGE &&
            take_integer(&v.bytes, &type))
            scope->visitor->power_off_type((unsigned)type);
    } else if (memcmp(name, "_HID", 4) == 0) {
        hid_text(&v, scope->device->hid);
    } else if (memcmp(name, "_STA", 4) == 0 && v.kind == VALUE_INTEGER) {
        scope->present = v.integer & STA_PRESENT;
    } else if (memcmp(name, "_CRS", 4) == 0 && v.kind == VALUE_BUFFER) {
        read_resources(v.bytes, scope->device);
    }
}

static void read_terms(struct scope *scope, struct reader *r);

static void read_scope(const struct scope *outer, struct reader inside, bool is_device)
{
    struct aml_device device = {.hid = ""};
    struct scope scope = {outer->visitor, is_device ? &device : NULL, true, outer->depth + 1};
    char name[4];

    if (scope.depth > MAX_DEPTH)
        return;
    take_name(&inside, name);
    read_terms(&scope, &inside);
    if (is_device && scope.present && device.hid[0])
        scope.visitor->device(&device);
}

/* Steps over the rest of a term that has no length of its own. */
static void skip_term(unsigned op, struct reader *r)
{
    char name[4];

    take_name(r, name);
    switch (op) {
    case OP_ALIAS:
        take_name(r, name);
        break;
    case OP_EXTERNAL:
        take(r, 2);
        break;
    case OP_MUTEX:
        take(r, 1);
        break;
    case OP_REGION:
        take(r, 1);
        take_value(r);
        take_value(r);
        break;
    }
}

static void read_terms(struct scope *scope, struct reader *r)
{
    while (left(r)) {
        unsigned op = (unsigned)take(r, 1);
        if (op == OP_EXTENDED)
            op = op << 8 | (unsigned)take(r, 1);

        switch (op) {
        case OP_NAME:
            read_name(scope, r);
            break;
        case OP_SCOPE:
        case OP_DEVICE:
            read_scope(scope, take_package(r), op == OP_DEVICE);
            break;
        case OP_METHOD:
        case OP_IF:
        case OP_ELSE:
        case OP_FIELD:
        case OP_INDEX_FIELD:
        case OP_BANK_FIELD:
        case OP_PROCESSOR:
        case OP_POWER_RESOURCE:
        case OP_THERMAL_ZONE:
            take_package(r);
            break;
        case OP_ALIAS:
        case OP_EXTERNAL:
        case OP_MUTEX:
        case OP_EVENT:
        case OP_REGION:
            skip_term(op, r);
            break;
        default:
            give_up(r);
        }
    }
}

void aml_read(const uint8_t *code, size_t size, const struct aml_visitor *visitor)
{
    struct scope root = {visitor, NULL, true, 0};
    struct reader r = {code, code + size};

    read_terms(&root, &r);
}
