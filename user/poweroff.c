/* SPDX-License-Identifier: MIT */
/* poweroff: writes everything to the disk and switches the machine off. */
#include <cli.h>
#include <err.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (getopt(argc, argv, "") != -1 || optind < argc)
        usage("poweroff");
    sync();
    reboot(RB_POWER_OFF);
    err(1, "reboot");
}
