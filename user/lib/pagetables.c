/* SPDX-License-Identifier: MIT */
/* The kernel's text about page tables, and a walk through it. */
#include <err.h>
#include <errno.h>
#include <pagetables.h>
#include <procfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT_FILE "/proc/kernel_format"

/* The word at *s; goes on behind it. */
static void copy_word(char **s, char *out, size_t size)
{
    size_t n;

    *s += strspn(*s, " ");
    n = strcspn(*s, " \n");
    snprintf(out, size, "%.*s", (int)n, *s);
    *s += n;
}

static void parse_format(char *line, struct pt_format *f)
{
    char key[32], kind[8];

    copy_word(&line, key, sizeof(key));
    if (strcmp(key, "machine") == 0) {
        copy_word(&line, f->machine, sizeof(f->machine));
    } else if (strcmp(key, "format") == 0) {
        copy_word(&line, f->name, sizeof(f->name));
    } else if (strcmp(key, "levels") == 0) {
        f->levels = strtoul(line, NULL, 10);
    } else if (strcmp(key, "va_bits") == 0) {
        f->va_bits = strtoul(line, NULL, 10);
    } else if (strcmp(key, "field") == 0 && f->count < PT_MAX_FIELDS) {
        struct pt_field *field = &f->fields[f->count++];
        copy_word(&line, kind, sizeof(kind));
        field->table = strcmp(kind, "table") == 0;
        copy_word(&line, field->name, sizeof(field->name));
        field->low = strtoul(line, &line, 10);
        field->high = strtoul(line, &line, 10);
    }
}

const struct pt_format *pt_format(void)
{
    static struct pt_format format;
    char line[256];
    FILE *f;

    if (format.levels)
        return &format;
    f = fopen(FORMAT_FILE, "r");
    if (!f)
        err(1, FORMAT_FILE);
    while (fgets(line, sizeof(line), f))
        parse_format(line, &format);
    fclose(f);
    if (!format.levels || format.levels > PT_MAX_LEVELS || !format.va_bits || !format.count)
        errx(1, FORMAT_FILE ": not as expected");
    return &format;
}

uint64_t pt_slot_address(unsigned int slot, unsigned int levels, unsigned int va_bits)
{
    uint64_t sign = slot >= PT_ENTRIES / 2 ? ~0ul << (va_bits - 1) << 1 : 0;

    return (uint64_t)slot << PT_SHIFT(levels - 1) | sign;
}

/* All bits from the highest one that is translated up: all alike in an address that there is. */
static int64_t upper_bits(uint64_t address)
{
    return (int64_t)address >> (pt_format()->va_bits - 1);
}

int pt_canonical(uint64_t address)
{
    return upper_bits(address) == 0 || upper_bits(address) == -1;
}

int pt_kernel_half(uint64_t address)
{
    return upper_bits(address) == -1;
}

/* --- entries --- */

/* The frame number is the widest field of an entry, on every format. */
static const struct pt_field *frame_field(int table)
{
    const struct pt_format *f = pt_format();
    const struct pt_field *widest = NULL;

    for (unsigned int i = 0; i < f->count; i++) {
        const struct pt_field *field = &f->fields[i];
        if (field->table == (unsigned int)table &&
            (!widest || field->high - field->low > widest->high - widest->low))
            widest = field;
    }
    if (!widest)
        errx(1, FORMAT_FILE ": no fields");
    return widest;
}

static uint64_t field_value(const struct pt_field *field, uint64_t entry)
{
    return entry >> field->low & (~0ul >> (63 - (field->high - field->low)));
}

static int is_table(const struct pt_step *step)
{
    return strcmp(step->kind, "table") == 0;
}

/* Flags may lie in the low bits of a large page's frame number, which the page does not need. */
uint64_t pt_target(const struct pt_step *step)
{
    const struct pt_field *frame = frame_field(is_table(step));
    uint64_t address = field_value(frame, step->entry) << 12;

    return is_table(step) ? address : address & (~0ul << PT_SHIFT(step->level));
}

char *pt_flag_names(const struct pt_step *step, char *buf, size_t size)
{
    const struct pt_format *f = pt_format();
    const struct pt_field *frame = frame_field(is_table(step));
    size_t len = 0;

    snprintf(buf, size, "-");
    for (unsigned int i = 0; i < f->count; i++) {
        const struct pt_field *field = &f->fields[i];
        uint64_t value = field_value(field, step->entry);

        if (field->table != frame->table || field == frame || value == 0 || len >= size)
            continue;
        len += snprintf(buf + len, size - len, "%s%s", len ? " " : "", field->name);
        if (field->high > field->low && len < size)
            len += snprintf(buf + len, size - len, "=%lu", value);
    }
    return buf;
}

/* --- a walk --- */

/* "START-END LEVEL KIND ENTRY STEP COUNT TABLE PROT"; END is exclusive, modulo 2^64. */
static int parse_run(char *s, struct pt_run *r)
{
    r->start = strtoul(s, &s, 16);
    if (*s++ != '-')
        return 0;
    r->last = strtoul(s, &s, 16) - 1;
    r->level = strtoul(s, &s, 10);
    copy_word(&s, r->kind, sizeof(r->kind));
    r->entry = strtoul(s, &s, 16);
    r->step = strtoul(s, &s, 16);
    strtoul(s, &s, 10);
    r->table = strtoul(s, &s, 16);
    copy_word(&s, r->prot, sizeof(r->prot));
    return r->prot[0] != '\0' && r->level < PT_MAX_LEVELS;
}

int pt_next_run(FILE *f, struct pt_run *r)
{
    char line[256];

    do
        if (!fgets(line, sizeof(line), f))
            return 0;
    while (line[0] == '#');
    if (!parse_run(line, r))
        errx(1, "page tables: not as expected: %s", line);
    return 1;
}

/*
 * Of one reading of the file, the run on each level that covers the address; the root's address in
 * *root. -1 when the file cannot be opened.
 */
static int find_runs(const char *path, uint64_t address, struct pt_run found[PT_MAX_LEVELS],
                     uint64_t *root)
{
    unsigned int top = pt_format()->levels - 1;
    FILE *f = fopen(path, "r");
    struct pt_run r;

    if (!f)
        return -1;
    while (pt_next_run(f, &r)) {
        if (r.level == top)
            *root = r.table;
        if (address >= r.start && address <= r.last)
            found[r.level] = r;
    }
    if (ferror(f))
        err(1, "%s", path);
    fclose(f);
    return 0;
}

int pt_walk(int pid, uint64_t address, struct pt_step steps[PT_MAX_LEVELS])
{
    int kernel = pt_kernel_half(address), n = 0;
    const char *path = kernel ? "/proc/kernel_page_tables" : proc_path(pid, "page_tables");
    struct pt_run found[PT_MAX_LEVELS] = {0};
    uint64_t table = 0;

    if (find_runs(path, address, found, &table) < 0) {
        if (errno == ENOENT && !kernel)
            errno = ESRCH;
        return -1;
    }
    for (unsigned int level = pt_format()->levels; level-- > 0;) {
        struct pt_step *step = &steps[n++];
        const struct pt_run *r = &found[level];

        memset(step, 0, sizeof(*step));
        step->level = level;
        step->index = address >> PT_SHIFT(level) & (PT_ENTRIES - 1);
        step->table = table;
        if (!r->kind[0]) {
            strcpy(step->kind, "absent");
            strcpy(step->prot, "-");
            break;
        }
        step->entry = r->entry + r->step * ((address - r->start) >> PT_SHIFT(level));
        strcpy(step->kind, r->kind);
        strcpy(step->prot, r->prot);
        if (r->table != table)
            errx(1, "%s: an entry of %lx is in the table at %lx", path, table, r->table);
        if (!is_table(step))
            break;
        table = pt_target(step);
    }
    return n;
}

int pt_physical(const struct pt_step *steps, int n, uint64_t address, uint64_t *physical)
{
    const struct pt_step *last = &steps[n - 1];

    if (n < 1 || strcmp(last->kind, "leaf") != 0)
        return 0;
    *physical = pt_target(last) + (address & ~(~0ul << PT_SHIFT(last->level)));
    return 1;
}
