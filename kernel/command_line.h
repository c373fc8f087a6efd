/* SPDX-License-Identifier: MIT */
/*
 * The kernel's command line.
 *
 *   quiet                  the log stays off the console, but for errors
 *   norandmaps             every run of a program has the same addresses
 *   init=/path arg ...     runs this as the first process; it takes all the rest of the line
 *
 * Words are separated by spaces; within init's part, double quotes keep spaces, and a backslash
 * takes the next character as it is.
 */
#ifndef KERNEL_COMMAND_LINE_H
#define KERNEL_COMMAND_LINE_H

/* Once, early. `line` is cut into words in place and must stay. */
void command_line_parse(char *line);

/* What to run first, NULL-terminated: /bin/init without an init= word. */
const char *const *command_line_init(void);

/*
 * In quiet runs, one line on the console: what follows it is the program's output, and what came
 * before was firmware's.
 */
void command_line_announce(void);

#endif
