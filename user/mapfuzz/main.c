/* SPDX-License-Identifier: MIT */
/*
 * mapfuzz: runs sequences and prints a line "FIRST COUNT DIGEST" for each block of them, by as many
 * processes at once as are asked for, whose blocks come in any order.
 */
#include "mapfuzz.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

unsigned features = -1u;
int verbosity;

static uint64_t first = 1, count = 100, block = 50;
static int jobs = 1, length = 30;

static void run_block(uint64_t from, uint64_t n, const char *file)
{
    uint64_t digest = 1, one;
    char line[80];
    int len;

    for (uint64_t i = 0; i < n; i++) {
        one = run_sequence(from + i, length, file);
        digest = hash(digest, &one, sizeof(one));
    }
    len = snprintf(line, sizeof(line), "%llu %llu %016llx\n", (unsigned long long)from,
                   (unsigned long long)n, (unsigned long long)digest);
    if (write(1, line, len) != len)
        _exit(1);
}

/* Every jobs-th block. */
static void worker(int number)
{
    char file[40];

    snprintf(file, sizeof(file), "mapfuzz.%d", (int)getpid());
    for (uint64_t at = number * block; at < count; at += jobs * block)
        run_block(first + at, count - at < block ? count - at : block, file);
}

static const struct {
    const char *name;
    unsigned bit;
} names[] = {
    {"remap", WITH_REMAP}, {"file", WITH_FILE},     {"memfd", WITH_MEMFD},
    {"lock", WITH_LOCK},   {"advise", WITH_ADVISE}, {"grow", WITH_GROW},
    {"limit", WITH_LIMIT}, {"kernel", WITH_KERNEL}, {"shared", WITH_SHARED},
};

static _Noreturn void usage(void)
{
    fprintf(stderr,
            "usage: mapfuzz [-v] [-s first] [-n count] [-b block] [-k steps] [-j jobs]\n"
            "               [-x what,...]\n"
            "  runs random sequences of mapping calls; prints a digest of each block of them\n"
            "  -s first  the number of the first sequence (1)\n"
            "  -n count  how many (100)\n"
            "  -b block  how many make a block (50)\n"
            "  -k steps  calls in a sequence (30)\n"
            "  -j jobs   processes at once (1)\n"
            "  -x what   leave out: remap file memfd lock advise grow limit kernel shared\n"
            "  -v        print what each step does; twice: and the areas after it\n");
    exit(2);
}

static uint64_t number(const char *text)
{
    char *end;
    uint64_t n = strtoul(text, &end, 0);

    if (end == text || *end)
        usage();
    return n;
}

static void leave_out(char *list)
{
    for (char *save, *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
        unsigned bit = 0;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            if (strcmp(word, names[i].name) == 0)
                bit = names[i].bit;
        if (!bit)
            usage();
        features &= ~bit;
    }
}

int main(int argc, char **argv)
{
    int c, status, bad = 0;

    while ((c = getopt(argc, argv, "vs:n:b:k:j:x:")) != -1) {
        if (c == 'v')
            verbosity++;
        else if (c == 's')
            first = number(optarg);
        else if (c == 'n')
            count = number(optarg);
        else if (c == 'b')
            block = number(optarg);
        else if (c == 'k')
            length = number(optarg);
        else if (c == 'j')
            jobs = number(optarg);
        else if (c == 'x')
            leave_out(optarg);
        else
            usage();
    }
    if (optind < argc || !block || jobs < 1)
        usage();
    for (int i = 0; i < jobs; i++)
        if (fork() == 0) {
            worker(i);
            _exit(0);
        }
    while (wait(&status) > 0)
        bad |= status;
    return bad != 0;
}
