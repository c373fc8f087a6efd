/* SPDX-License-Identifier: MIT */
/* unlimited: runs a command whose stack has no limit, as after `ulimit -s unlimited`. */
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct rlimit limit;

    if (argc < 2 || getrlimit(RLIMIT_STACK, &limit) < 0)
        return 2;
    limit.rlim_cur = RLIM_INFINITY;
    if (setrlimit(RLIMIT_STACK, &limit) == 0)
        execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 2;
}
