/* SPDX-License-Identifier: MIT */
/* getopt.h: POSIX's option parsing: stops at the first operand; "--" ends the options. */
#ifndef GETOPT_H
#define GETOPT_H

extern char *optarg;
extern int optind, opterr, optopt;

int getopt(int argc, char *const argv[], const char *options);

#endif
