/* SPDX-License-Identifier: MIT */
/* sleep: does nothing for some seconds, which may have a fraction. */
#include <cli.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Seconds with at most nine decimals; 0 when it is not such a number. */
static int parse(const char *s, struct timespec *ts)
{
    char *end = (char *)s;
    long unit = 100000000;

    *ts = (struct timespec){0};
    errno = 0;
    if (isdigit((unsigned char)*s))
        ts->tv_sec = strtol(s, &end, 10);
    if (*end == '.')
        for (end++; isdigit((unsigned char)*end); end++, unit /= 10)
            ts->tv_nsec += (*end - '0') * unit;
    return end > s && !*end && !errno && !(end == s + 1 && *s == '.');
}

int main(int argc, char **argv)
{
    struct timespec ts;

    if (getopt(argc, argv, "") != -1 || argc - optind != 1)
        usage("sleep seconds[.fraction]");
    if (!parse(argv[optind], &ts))
        errx(2, "%s: not a number of seconds", argv[optind]);
    while (nanosleep(&ts, &ts) < 0)
        if (errno != EINTR)
            err(1, "nanosleep");
    return 0;
}
