/* SPDX-License-Identifier: MIT */
/* getopt (POSIX.1-2017): `-ab -o arg -oarg -- operands`. The first operand ends the options. */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

char *optarg;
int optind = 1, opterr = 1, optopt;

/* Where we are inside a cluster such as -abc; NULL or "" between words. */
static char *cluster;

static int complain(const char *options, const char *what)
{
    if (opterr && *options != ':')
        fprintf(stderr, "%s: %s -- %c\n", __progname, what, optopt);
    return '?';
}

int getopt(int argc, char *const argv[], const char *options)
{
    const char *entry;
    char *word;

    if (optind == 0) { /* start over with another vector */
        optind = 1;
        cluster = NULL;
    }
    if (!cluster || !*cluster) {
        word = optind < argc ? argv[optind] : NULL;
        if (!word || word[0] != '-' || !word[1])
            return -1;
        optind++;
        if (strcmp(word, "--") == 0)
            return -1;
        cluster = word + 1;
    }
    optopt = *cluster++;
    entry = optopt == ':' ? NULL : strchr(options, optopt);
    if (!entry)
        return complain(options, "invalid option");
    if (entry[1] == ':') {
        optarg = *cluster ? cluster : optind < argc ? argv[optind++] : NULL;
        cluster = NULL;
        if (!optarg) {
            complain(options, "option requires an argument");
            return *options == ':' ? ':' : '?';
        }
    }
    return optopt;
}
