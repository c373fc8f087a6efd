/* SPDX-License-Identifier: MIT */
/* reboot: writes everything to the disk and starts the machine anew. */
#include <cli.h>
#include <err.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (getopt(argc, argv, "") != -1 || optind < argc)
        usage("reboot");
    sync();
    reboot(RB_AUTOBOOT);
    err(1, "reboot");
}
