/* SPDX-License-Identifier: MIT */
/* Claims 1 to 5: addresses, what they lead to, and the two halves. */
#include "tour.h"
#include <errno.h>
#include <fcntl.h>
#include <pageinfo.h>
#include <pagetables.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- 1: one address, two pages --- */

static volatile long cell[PAGE / sizeof(long)] __attribute__((aligned(4096))) = {1};

struct two_frames {
    uint64_t before, after;
    long value;
};

static void write_cell(void *report, const void *arg)
{
    struct two_frames *r = report;

    (void)arg;
    r->before = frame_of(PROC_SELF, (uint64_t)cell);
    cell[0] = 2;
    r->after = frame_of(PROC_SELF, (uint64_t)cell);
    r->value = cell[0];
}

static void same_address(void)
{
    uint64_t address = (uint64_t)cell, first;
    struct two_frames child;
    struct partner p;

    cell[0] = 1;
    first = frame_of(PROC_SELF, address);
    partner_start(&p, write_cell, NULL, &child, sizeof(child));
    say("process %-5d reads %ld at %lx, which is in frame %lx", getpid(), cell[0], address,
        frame_of(PROC_SELF, address));
    say("process %-5d reads %ld at %lx, which is in frame %lx", p.pid, child.value, address,
        frame_of(p.pid, address));
    expect(cell[0] == 1 && child.value == 2, "one address, two values at the same moment");
    expect(frame_of(p.pid, address) == child.after && child.after &&
               child.after != frame_of(PROC_SELF, address),
           "two frames, as /proc/%d/pagemap and /proc/self/pagemap say", p.pid);
    expect(first && child.before == first,
           "right after fork() both had frame %lx: the page was copied when it was written", first);
    expect(partner_end(&p) == 0, "the other process has ended as it should");
    elsewhere(
        "the same. An address has %u bits that count there, %u here; a frame is 4096 bytes on "
        "both.",
        there()->va_bits, here()->va_bits);
}

/* --- 2: three jobs --- */

/* What level 0 of the page tables holds for the address: "leaf", "absent". */
static const char *last_kind(uint64_t address)
{
    static struct pt_step steps[PT_MAX_LEVELS];
    int n = pt_walk(PROC_SELF, address, steps);

    if (n < 1)
        give_up("/proc/self/page_tables");
    return steps[n - 1].kind;
}

/* Whether the kernel, told to write at the address, says that it is none. */
static int refuses(uint64_t address)
{
    int fds[2], refused;

    if (pipe(fds) < 0 || write(fds[1], "x", 1) != 1)
        give_up("pipe");
    refused = read(fds[0], (void *)address, 1) < 0 && errno == EFAULT;
    close(fds[0]);
    close(fds[1]);
    return refused;
}

static void kernel_side(char *p)
{
    uint64_t untouched = (uint64_t)p + PAGE, physical = 0;
    int fds[2];

    if (pipe(fds) < 0 || write(fds[1], "x", 1) != 1)
        give_up("pipe");
    int absent = !frame_of(PROC_SELF, untouched);
    ssize_t n = read(fds[0], (void *)untouched, 1);
    expect(absent && n == 1 && frame_of(PROC_SELF, untouched),
           "the kernel uses virtual addresses, too: read() into the next page, untouched, met the "
           "same fault and brought frame %lx",
           frame_of(PROC_SELF, untouched));
    /* A physical address that is not by chance one of ours as a virtual one. */
    for (int i = 0; i < 16; i++) {
        p[i * PAGE] = 1;
        physical = frame_of(PROC_SELF, (uint64_t)p + i * PAGE) * PAGE;
        if (!any_area(PROC_SELF, physical, physical + 1))
            break;
    }
    expect(refuses(physical), "that page's physical address, %lx, means nothing to read(): EFAULT",
           physical);
}

static void three_jobs(void)
{
    size_t size = 4 * MIB;
    uint64_t before = status_kib("VmSize"), address, count = 0, flags = 0;
    char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        give_up("mmap");
    address = (uint64_t)p;
    expect(status_kib("VmSize") - before == size / KIB,
           "virtual: mmap() of 4M at %lx: VmSize went from %lu to %lu kB", address, before,
           status_kib("VmSize"));
    expect(!frame_of(PROC_SELF, address) && strcmp(last_kind(address), "absent") == 0,
           "no page is behind it, and its entry in the page table is absent");
    *p = 1;
    uint64_t frame = frame_of(PROC_SELF, address);
    if (page_flags(frame, &flags) < 0 || page_count(frame, &count) < 0)
        give_up("/proc/kpageflags");
    expect(frame && (flags >> KPF_ANON & 1) && count == 1,
           "physical: one byte written, and frame %lx is an anonymous page, mapped %lu time", frame,
           count);
    expect(strcmp(last_kind(address), "leaf") == 0,
           "the map: the entry is a leaf now and leads to %lx", frame * PAGE);
    kernel_side(p);
    elsewhere("the first two jobs are done by the same code; of the third, only the spelling of an "
              "entry differs, and that a walk has %u levels, not %u.",
              there()->levels, here()->levels);
}

/* --- 3: two halves --- */

/* 1 when a page can be mapped at this very address, or is already. */
static int possible(uint64_t address)
{
    void *p = mmap((void *)address, PAGE, PROT_READ,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (p == MAP_FAILED)
        return errno == EEXIST;
    munmap(p, PAGE);
    return p == (void *)address;
}

static void halves(void)
{
    uint64_t size = fact("task_size"), half = slot_size(here()) * 256;
    uint64_t kernel = slot_address(here(), 256), middle = half + (kernel - half) / 2;
    struct fault f;

    say("user half    %16lx ... %16lx  root slots 0-255, %s", 0ul, half - 1, size_text(half));
    say("kernel half  %16lx ... %16lx  root slots 256-511", kernel, ~0ul);
    expect(size == half - PAGE, "TASK_SIZE is %lx: the lower half less one page", size);
    expect(possible(size - PAGE), "a program may have the page at %lx", size - PAGE);
    expect(!possible(size), "mmap() refuses the one at %lx", size);
    expect(!any_area(PROC_SELF, size, ~0ul), "none of this process's areas lies above that");
    f = provoke(ACCESS_READ, middle);
    expect(f.signo == SIGSEGV && !pt_canonical(middle),
           "%lx, in the gap: SIGSEGV, and no kernel could map it: of the 64 bits of an address %u "
           "count, the others must be as the highest of these",
           middle, here()->va_bits);
    elsewhere("TASK_SIZE is %lx, the kernel half begins at %lx: the same slots of %s, not %s.",
              slot_size(there()) * 256 - PAGE, slot_address(there(), 256),
              size_text(slot_size(there())), size_text(slot_size(here())));
}

/* --- 4: one kernel half --- */

struct root {
    uint64_t table, entry[512];
};

static void read_root(int pid, struct root *root)
{
    const char *path = proc_path(pid, "page_table_root");
    FILE *f = fopen(path, "r");
    char line[80], *at;

    memset(root, 0, sizeof(*root));
    if (!f || !fgets(line, sizeof(line), f) || !(at = strstr(line, " at ")))
        give_up("%s", path);
    root->table = strtoul(at + 4, NULL, 16);
    while (fgets(line, sizeof(line), f)) {
        unsigned long slot = strtoul(line, &at, 10);
        if (slot < 512)
            root->entry[slot] = strtoul(at, NULL, 16);
    }
    fclose(f);
}

static void one_kernel(void)
{
    static struct root mine, first;
    int equal = 0, used = 0, common = 0;
    const unsigned int shown[] = {
        slot_of(here(), (uint64_t)&mine),
        slot_of(here(), fact("page_offset") + fact("kernel_phys_base")),
        slot_of(here(), fact("vmalloc_start")),
        slot_of(here(), fact("vmemmap_start")),
        511,
    };

    read_root(PROC_SELF, &mine);
    read_root(1, &first);
    for (int slot = 0; slot < 512; slot++) {
        int same = mine.entry[slot] == first.entry[slot];
        if (slot >= 256)
            equal += same;
        else
            common += same && mine.entry[slot];
        used += slot >= 256 && mine.entry[slot];
    }
    say("slot  of this process's table   of process 1's");
    for (int i = 0; i < 5; i++)
        say("%-4u  %016lx          %016lx", shown[i], mine.entry[shown[i]], first.entry[shown[i]]);
    expect(mine.table != first.table, "they have root tables of their own, at %lx and %lx",
           mine.table, first.table);
    expect(!common && mine.entry[shown[0]], "in slots 0-255 they have no entry in common");
    expect(equal == 256 && used > 0,
           "slots 256-511: all alike, %d of them in use, pointing to the same tables: one copy, "
           "which a switch between the two does not change",
           used);
    elsewhere("the same slots; 272, the direct map's first, begins at %lx there, at %lx here.",
              slot_address(there(), 272), slot_address(here(), 272));
}

/* --- 5: not for programs --- */

/* What a leaf allows, "r-xu--ad-", for an address that is mapped. */
static const char *rights(uint64_t address, struct pt_step steps[PT_MAX_LEVELS])
{
    int n = pt_walk(PROC_SELF, address, steps);

    return n < 1 ? "" : steps[n - 1].prot;
}

static void keep_out(void)
{
    static const char *const what[] = {"reading", "writing", "calling"};
    uint64_t text = fact("start_kernel_map") + 0x200000;
    struct pt_step kernel[PT_MAX_LEVELS], own[PT_MAX_LEVELS];

    for (int i = 0; i < 3; i++) {
        struct fault f = provoke((enum access)i, text);
        expect(f.signo == SIGSEGV && f.address == text, "%s: %s", what[i], fault_text(&f));
    }
    rights(text, kernel);
    rights((uint64_t)keep_out, own);
    const char *k = kernel[here()->levels - 1].prot, *u = own[here()->levels - 1].prot;
    say("the page tables' last entries: %s for %lx,", k, text);
    say("%s for this program's own text at %lx", u, (uint64_t)keep_out);
    expect(strchr(k, 'x') && !strchr(k, 'u') && strchr(u, 'x') && strchr(u, 'u'),
           "both may be executed (x); only one of them in user mode (u)");
    expect(
        getppid() > 0,
        "a system call, and the kernel's text runs, in this very address space: getppid() says %d",
        getppid());
    elsewhere("the kernel's text is at %lx as well: the last 2 GiB are the same on all formats.",
              text);
}

const struct claim space_claims[] = {
    {1, "The same address in two processes is two pages",
     "A program knows virtual addresses only. Which physical page is behind one is another "
     "question "
     "in each process: this program and a child of it have a variable at one address.",
     same_address},
    {2, "Three jobs: virtual memory, physical memory, and the map between",
     "Areas say which addresses a process may use; the page allocator gives out frames; page "
     "tables "
     "lead from the one to the other, when it is needed. Nobody else handles physical addresses.",
     three_jobs},
    {3, "Two halves with a wide gap between",
     "The lower half of all addresses is the process's, the upper one the kernel's. What lies "
     "between "
     "is no address at all.",
     halves},
    {4, "One kernel half for all",
     "The upper half of every process's root table is the same: each kernel address leads to the "
     "same "
     "page, whoever runs. Changing from one process to another changes the lower half only.",
     one_kernel},
    {5, "The kernel half is not for programs",
     "It is mapped all the time, but a program that touches it gets a page fault, and a "
     "segmentation "
     "fault of that. Code in it runs after a system call. The kernel's text begins at an address "
     "that "
     "is tried here.",
     keep_out},
    {0, NULL, NULL, NULL},
};
