/* SPDX-License-Identifier: MIT */
/* What the runner (main.c) and the checks (check.c) agree upon. */
#ifndef RUNNER_H
#define RUNNER_H

/* Exit statuses of a test's process. */
enum {
    STATUS_PASSED = 0,
    STATUS_FAILED = 1,
    STATUS_SKIPPED = 77,
};

/* Where a test's process writes why it failed: a pipe that never blocks. -1: stderr. */
extern int report_fd;

#endif
