/* SPDX-License-Identifier: MIT */
/*
 * err.h: BSD's messages on stderr: "program: message: reason" and a newline, in one write. warn and
 * err add errno's reason, warnx and errx do not; err and errx end the program with the given
 * status.
 */
#ifndef ERR_H
#define ERR_H

extern const char *__progname; /* the last part of argv[0] */

void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void warnx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void err(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void errx(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
