/* SPDX-License-Identifier: MIT */
/*
 * tour: what is worth knowing of a process's memory and the kernel's, shown on the running system:
 * a claim a page, with a probe that is made while one looks, and its evidence.
 *
 *   main.c      options; runs claims, each in a process of its own
 *   page.c      the page: paragraphs, evidence that must hold
 *   probe.c     faults caught, processes looked at while they wait
 *   formats.c   the paging formats, for the same thing elsewhere
 *   space.c     claims 1 to 5: a space of one's own
 *   program.c   6 to 10: what a program consists of
 *   books.c     11 to 13: how the kernel keeps the books, what exec enters in them
 *   change.c    14 to 17: what changes the map
 *   place.c     18 to 22: where things come to lie
 *   windows.c   23 to 25, image.c 26 to 28: the kernel half
 *
 * Nothing is shown that was not read or measured at that moment, and what a claim says is checked
 * with expect(): a page whose evidence is not so ends with FAILED.
 */
#ifndef TOUR_H
#define TOUR_H

#include <procfs.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE 4096ul
#define KIB  1024ul
#define MIB  (1024 * KIB)

struct claim {
    int number;
    const char *title; /* fits a line behind the number */
    const char *text;  /* a paragraph */
    void (*show)(void);
};
/* In order, each list ended by number 0. */
extern const struct claim space_claims[], program_claims[], book_claims[], change_claims[],
    place_claims[], window_claims[], image_claims[];

/* tour starts itself with this, to see where exec puts things: then main() only does this. */
#define PLACES_OPTION "--places"
int print_places(void);

/* --- page.c --- */
/* quiet: only what fails is printed. */
void page_begin(const struct claim *claim, int quiet);
/* 0 when all that was expected was so. */
int page_end(void);
/* A line of what was done or seen; wrapped if it is long. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Evidence: a line that says what holds, marked if it does not. Returns `holds`. */
int expect(int holds, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The last paragraph: the same thing on the other machine. */
void elsewhere(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Ends the page as failed: a step of the probe went wrong, errno says why unless it is 0. */
_Noreturn void give_up(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* --- formats.c --- */
struct format {
    const char *machine, *name;
    unsigned int levels, va_bits;
};
const struct format *here(void);
/* One of the other machine. */
const struct format *there(void);
/* The first address of a root slot, and how much one covers. */
uint64_t slot_address(const struct format *f, unsigned int slot);
uint64_t slot_size(const struct format *f);
/* The root slot of an address. */
unsigned int slot_of(const struct format *f, uint64_t address);
/* A number of /proc/kernel_format. */
uint64_t fact(const char *key);
/* A size as text, in one of a few buffers that take turns. */
const char *size_text(uint64_t bytes);

/* --- probe.c --- */
/* The area that holds the address; gives up when there is none. */
void find_area(int pid, uint64_t address, struct proc_map *map);
/* How many areas a process has, and whether any holds a byte of [start, end). */
size_t count_areas(int pid);
int any_area(int pid, uint64_t start, uint64_t end);
/* What an area is called: its file's last name, "[heap]", "anonymous". */
const char *area_name(const struct proc_map *map);
/* "what ADDRESS in START-END PERMS NAME" as a line. */
void say_where(const char *what, int pid, uint64_t address, struct proc_map *map);

/* The frame of a process's page, by its pagemap; 0 when there is none. */
uint64_t frame_of(int pid, uint64_t address);
/* The physical address of a kernel address, by the page tables; 0 when nothing is mapped. */
uint64_t kernel_physical(uint64_t address);
/* A number of /proc/self/status, in KiB. */
uint64_t status_kib(const char *key);

struct fault {
    int signo, code; /* 0: none */
    uint64_t address;
};
enum access {
    ACCESS_READ,
    ACCESS_WRITE,
    ACCESS_CALL
};
/* Makes an access and catches what comes of it. */
struct fault provoke(enum access access, uint64_t address);
/* "SIGSEGV at ADDRESS: no area of this process"; static. */
const char *fault_text(const struct fault *f);

/*
 * A process that does something, reports, and waits to be looked at. `fn` runs in the child and
 * fills in the report.
 */
struct partner {
    pid_t pid;
    int hold; /* closed: it may go */
};
void partner_start(struct partner *p, void (*fn)(void *report, const void *arg), const void *arg,
                   void *report, size_t size);
/* Lets it end; its status as wait() gives it. */
int partner_end(struct partner *p);
/* A child that runs fn(arg); its status as wait() gives it. */
int in_child(void (*fn)(const void *arg), const void *arg);

/* A program that waits for what it gets to read, and what it has printed so far. */
struct program {
    pid_t pid;
    int input, output;
    char text[1024];
};
/* Starts it with these arguments. */
void program_start(struct program *p, const char *path, char *const argv[]);
/* Writes a line to it and reads `lines` lines of its answer into text. */
void program_ask(struct program *p, const char *line, int lines);
/* The address behind `word` in its text; 0 when it is not there. */
uint64_t program_address(const struct program *p, const char *word);
int program_end(struct program *p);

/* The example program, and the same with its C library in a file of its own. */
#define LETTERS "/bin/letters"
const char *shared_letters(void);
/* Starts it, has it print so many letters and say where its things are; it waits then. */
void letters_start(struct program *p, const char *path, int letters);

#endif
