/* SPDX-License-Identifier: MIT */
/*
 * procfs.h: reading what /proc says of processes and of memory, in Linux's formats (proc(5)): one
 * reader for each format, for all programs that show memory. A file that is not as it should be
 * ends the program with a message; one that is not there is the caller's to complain of, by errno.
 */
#ifndef PROCFS_H
#define PROCFS_H

#include <limits.h>
#include <stdint.h>
#include <stdio.h>

/* In place of a pid: the calling process. */
#define PROC_SELF 0

/* "/proc/PID/name" or "/proc/self/name" in a static buffer, which the next call takes. */
const char *proc_path(int pid, const char *name);
/* Opens it for reading. NULL with errno: ESRCH when there is no such process. */
FILE *proc_open(int pid, const char *name);

/*
 * The numbers behind `keys` in a file of lines "key: number unit" or "key number", from one reading
 * of it; a number may be hexadecimal, with 0x. Returns how many of the n were found, -1 with errno
 * when the file cannot be opened; what is not found keeps its value.
 */
int proc_values(const char *path, const char *const keys[], uint64_t values[], int n);
/* One of them; ends the program when it is not there. */
uint64_t proc_value(const char *path, const char *key);

/* The pids there are, rising, on the heap; ends the program when they cannot be read. */
int *proc_pids(size_t *count);

/* The arguments with spaces between, "[name]" for a process without. 0, or -1 when it is gone. */
int proc_command(int pid, char *buf, size_t size);

/* --- stat --- */
enum proc_stat_field { /* proc(5)'s numbers */
    STAT_PPID = 4,
    STAT_MINFLT = 10,
    STAT_VSIZE = 23, /* bytes */
    STAT_RSS = 24,   /* pages */
    STAT_STARTCODE = 26,
    STAT_ENDCODE = 27,
    STAT_STARTSTACK = 28,
    STAT_START_DATA = 45,
    STAT_END_DATA = 46,
    STAT_START_BRK = 47,
    STAT_ARG_START = 48,
    STAT_ARG_END = 49,
    STAT_ENV_START = 50,
    STAT_ENV_END = 51,
    STAT_FIELDS = 53
};
struct proc_stat {
    char name[64], state;
    uint64_t field[STAT_FIELDS];
};
/* 0, or -1 when the process is gone. */
int proc_stat(int pid, struct proc_stat *stat);

/* --- maps, smaps, smaps_rollup --- */
struct proc_map {
    uint64_t start, end, offset, inode;
    unsigned int major, minor;
    char perms[5];
    char name[PATH_MAX]; /* "" when it has none */
};
/* What smaps tells of an area, or smaps_rollup of all, in KiB. */
struct proc_usage {
    uint64_t size, rss, pss, shared_clean, shared_dirty, private_clean, private_dirty, referenced,
        anonymous, swap, locked;
};
/*
 * The next area of an open maps or smaps; with `usage`, which is for smaps and smaps_rollup, also
 * what follows its line. 0 at the end.
 */
int proc_next_map(FILE *f, struct proc_map *map, struct proc_usage *usage);
/* The area that holds the address. 0 when none does, or the process is gone. */
int proc_find_map(int pid, uint64_t address, struct proc_map *map);

/* --- kernel_windows --- */
struct proc_window {
    uint64_t start, last; /* both inside: the last window ends where addresses do */
    unsigned int first_slot, last_slot;
    char name[32], pages[16], prot[8];
};
/* The next window of an open kernel_windows; 0 at the end. */
int proc_next_window(FILE *f, struct proc_window *w);

#endif
