/* SPDX-License-Identifier: MIT */
/*
 * uname: the system's name (-s), host (-n), release (-r), version (-v), machine (-m), or all (-a).
 */
#include <cli.h>
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static const char letters[] = "snrvm";
    const char *space = "";
    unsigned wanted = 0;
    struct utsname u;
    int opt;

    while ((opt = getopt(argc, argv, "snrvma")) != -1) {
        if (opt == '?')
            usage("uname [-snrvma]");
        wanted |= opt == 'a' ? 31u : 1u << (strchr(letters, opt) - letters);
    }
    if (optind < argc)
        usage("uname [-snrvma]");
    if (uname(&u) < 0)
        err(1, "uname");
    const char *parts[] = {u.sysname, u.nodename, u.release, u.version, u.machine};
    for (int i = 0; i < 5; i++)
        if ((wanted ? wanted : 1) >> i & 1) {
            printf("%s%s", space, parts[i]);
            space = " ";
        }
    putchar('\n');
    return finish(0);
}
