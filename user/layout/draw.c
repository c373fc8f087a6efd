/* SPDX-License-Identifier: MIT */
/*
 * The picture: one box, a compartment for each area, in 80 columns. The address beside a
 * line is where the area above it starts and the one below it ends.
 */
#include "layout.h"
#include <cli.h>
#include <stdio.h>
#include <string.h>

#define ADDRESS 17 /* columns for an address */
#define INSIDE  38 /* columns between the box's walls */

static struct {
    const char *horizontal, *vertical, *left, *right, *loose, *here;
} lines = {"─", "│", "├", "┤", "┊", "◂"};

void use_ascii(void)
{
    lines.horizontal = "-";
    lines.vertical = "|";
    lines.left = lines.right = "+";
    lines.loose = ":";
    lines.here = "<";
}

static void draw_line(const char *address)
{
    printf("%*s %s", ADDRESS, address, lines.left);
    for (int i = 0; i < INSIDE; i++)
        fputs(lines.horizontal, stdout);
    printf("%s\n", lines.right);
}

static void draw_border(uint64_t address)
{
    char text[20];

    snprintf(text, sizeof(text), "%lx", address);
    draw_line(text);
}

static const struct {
    const char *name, *meaning;
} meanings[] = {
    {"direct-map", "all memory, at base + its address"},
    {"vmalloc", "mapped page by page; kernel stacks"},
    {"vmemmap", "a struct page for every page"},
    {"shadow", "for a kernel that checks itself"},
    {"fixmap", "for what is mapped first at boot"},
    {"[heap]", "from start_brk upward to the break"},
    {"[stack]", "grows downward, when touched"},
};

/* One line on what the area is for, if its name is known. */
static void draw_meaning(const char *name)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++)
        if (strcmp(name, meanings[i].name) == 0)
            printf("%*s %s  %-*s%s\n", ADDRESS, "", lines.vertical, INSIDE - 2, meanings[i].meaning,
                   lines.vertical);
}

/* "3" or "3-5": root slots; nothing when they are not known. */
static const char *slots_text(const struct picture *p, uint64_t start, uint64_t last)
{
    static char text[32];
    unsigned first = start >> p->shift & 511, end = last >> p->shift & 511;

    if (!p->shift)
        return "";
    if (first == end)
        snprintf(text, sizeof(text), "%u", first);
    else
        snprintf(text, sizeof(text), "%u-%u", first, end);
    return text;
}

static void draw_row(const char *wall, const char *address, const char *name, const char *size,
                     const char *note)
{
    int room = INSIDE - 3 - (int)strlen(size);
    size_t n = strlen(name);

    if (n > (size_t)room) /* the end of a long path tells more than its beginning */
        name += n - room;
    printf("%*s %s %-*s %s %s", ADDRESS, address, wall, room, name, size, wall);
    printf("%s%s\n", *note ? " " : "", note);
}

/* Protection and page sizes, in front of the root slots. */
static int note_width(const struct picture *p)
{
    return p->shift ? 12 : 0;
}

/* Nothing is mapped from start to last. */
static void draw_gap(const struct picture *p, uint64_t start, uint64_t last)
{
    char size[16], note[64];

    snprintf(note, sizeof(note), "%-*s%s", note_width(p), "", slots_text(p, start, last));
    draw_row(lines.loose, "", "", human_size(size, last - start + 1), note);
}

static void draw_marks(const struct picture *p, const struct area *a)
{
    char address[20], name[80];

    for (size_t i = p->marks ? p->marks->count : 0; i-- > 0;) {
        const struct mark *m = &p->marks->list[i];
        if (m->address < a->start || m->address > a->last)
            continue;
        snprintf(address, sizeof(address), "%lx", m->address);
        snprintf(name, sizeof(name), "  %s%s%s", m->what, *m->value ? ": " : "", m->value);
        printf("%*s %s%s%-*.*s%s\n", ADDRESS, address, lines.vertical, lines.here, INSIDE - 1,
               INSIDE - 1, name, lines.vertical);
    }
}

static void draw_area(const struct picture *p, const struct area *a)
{
    char size[16], note[80];

    snprintf(note, sizeof(note), "%-*s%s", note_width(p), a->note,
             slots_text(p, a->start, a->last));
    draw_row(lines.vertical, "", a->name, human_size(size, a->last - a->start + 1), note);
    draw_meaning(a->name);
    draw_marks(p, a);
}

void draw_heading(const struct picture *p, const char *text)
{
    printf("%*s  %-*s  %s\n", ADDRESS, "", INSIDE + note_width(p), text, p->shift ? "slots" : "");
}

void draw_areas(const struct picture *p, const struct areas *areas, uint64_t start, uint64_t last)
{
    uint64_t top = last; /* the highest address not yet drawn */

    if (last == UINT64_MAX)
        draw_line("10000000000000000");
    else
        draw_border(last + 1);
    for (size_t i = areas->count; i-- > 0;) {
        const struct area *a = &areas->list[i];
        if (a->start < start || a->start > last)
            continue;
        if (a->last < top) {
            draw_gap(p, a->last + 1, top);
            draw_border(a->last + 1);
        }
        draw_area(p, a);
        draw_border(a->start);
        if (a->start == start)
            return;
        top = a->start - 1;
    }
    draw_gap(p, start, top);
    draw_border(start);
}

void draw_noncanonical(void)
{
    draw_row(lines.loose, "", "not canonical: no such addresses", "", "");
}
