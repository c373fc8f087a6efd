/* SPDX-License-Identifier: MIT */
/* cli.h: the manners that our command line programs share. Messages are err.h's. */
#ifndef CLI_H
#define CLI_H

#include <stdio.h>

/* Prints "usage: synopsis" on stderr and ends the program with status 2. */
_Noreturn void usage(const char *synopsis);

/* The decimal number that is the whole of s; otherwise complains and ends with status 2. */
long number_arg(const char *s, long min, long max);

/* The same with a suffix K, M or G for powers of 1024. */
long size_arg(const char *s, long min, long max);

/*
 * The old way to give a count, "-N" as the first argument: takes it out of the vector and returns
 * N, or -1 if there is none.
 */
long old_count_arg(int *argc, char **argv);

/*
 * Calls show(f, name) for each named file, under "==> name <==" lines if there are several, or for
 * stdin if none is named. The union of its results; a file that cannot be opened counts as 1.
 */
int show_files(int n, char *const names[], int (*show)(FILE *f, const char *name));

/*
 * What main returns: flushes stdout, and turns a failure to write it at any time into a message and
 * status 1 (a status already worse stays).
 */
int finish(int status);

/*
 * n bytes in at most 7 characters, such as "640K", "1.5M" or "128T": exact when the unit divides
 * it, otherwise cut to one decimal. buf holds at least 12 bytes and is returned.
 */
char *human_size(char *buf, unsigned long n);

/* "dir/name" on the heap, with one slash between; ends the program when there is no memory. */
char *join_path(const char *dir, const char *name);
/* What follows the last slash of a path (trailing slashes do not count); points into it. */
const char *base_name(const char *path);

#endif
