/* SPDX-License-Identifier: MIT */
/* date: the time of day in UTC; -s: as seconds since 1970. */
#include <cli.h>
#include <err.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    time_t now;
    struct tm tm;
    int opt, seconds = 0;

    while ((opt = getopt(argc, argv, "s")) != -1) {
        if (opt == '?')
            usage("date [-s]");
        seconds = 1;
    }
    if (optind < argc)
        usage("date [-s]");
    if (time(&now) < 0)
        err(1, "time");
    gmtime_r(&now, &tm);
    if (seconds)
        printf("%ld\n", now);
    else
        printf("%.3s %04d-%02d-%02d %02d:%02d:%02d UTC\n", days + 3 * tm.tm_wday, tm.tm_year + 1900,
               tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return finish(0);
}
