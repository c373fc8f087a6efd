/* SPDX-License-Identifier: MIT */
/*
 * From the architecture's entry code to the first process.
 *
 * The order matters: each step uses only what stands above it. The boot CPU's flow of control
 * becomes its idle task; everything that may sleep is left to the first process, which begins as a
 * kernel thread and ends as /bin/init.
 */
#include "kernel/main.h"

#include <arch/early.h>
#include <arch/identity.h>
#include <arch/smp.h>
#include "kernel/command_line.h"
#include "kernel/drivers/block.h"
#include "kernel/drivers/mem_devices.h"
#include "kernel/errno.h"
#include "kernel/fs/ext2/ext2.h"
#include "kernel/fs/flusher.h"
#include "kernel/fs/proc/procfs.h"
#include "kernel/fs/shmem.h"
#include "kernel/fs/tty.h"
#include "kernel/fs/vfs.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/process.h"
#include "kernel/provoke.h"
#include "kernel/random.h"
#include "kernel/sched.h"
#include "mm/filemap.h"
#include "mm/kernel_map.h"
#include "mm/memblock.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

#define ROOT_DEVICE MKDEV(254, 0)

char boot_command_line[COMMAND_LINE_SIZE];

static uint64_t init_log_mark; /* the log from here on is about the first process */

static void mount_root(void)
{
    int err = vfs_mount("ext2", ROOT_DEVICE, NULL, NULL);

    if (err)
        panic("cannot mount the root file system from the first disk: error %d", err);
    flusher_init();
    procfs_init();
    tmpfs_init();
}

/* Descriptors 0, 1 and 2. */
static void open_console(void)
{
    for (int fd = 0; fd < 3; fd++) {
        struct file *f = filp_open(NULL, "/dev/console", O_RDWR, 0);
        if (IS_ERR(f)) {
            pr_err("/dev/console: error %ld\n", PTR_ERR(f));
            return;
        }
        fd_install(f, 0, false);
    }
}

/* Process 1. Never returns to its caller: it leaves for user code. */
static void run_init(void *arg)
{
    static const char *const envp[] = {"HOME=/", "PATH=/bin", "TERM=vt100", NULL};
    struct task_struct *t = current;

    (void)arg;
    mount_root();
    t->files = files_create();
    t->fs = fs_copy(NULL);
    if (!t->files || !t->fs)
        panic("no memory for the first process");
    open_console();

    const char *const *argv = command_line_init();
    kernel_map_check();
    pr_info("running %s\n", argv[0]);
    command_line_announce();
    init_log_mark = log_mark();
    int err = kernel_execve(argv[0], argv, envp);
    if (err)
        panic("cannot run %s: error %d", argv[0], err);
    arch_irq_disable();
    return_to_user(task_trapframe(t));
}

void init_exited(int status)
{
    int code = status & 0x7f ? 128 + (status & 0x7f) : status >> 8;

    end_all_processes();
    vfs_shutdown();
    if (code != 0)
        log_replay(init_log_mark);
    pr_info("process 1 has ended with status %d: powering off\n", code);
    arch_power_off(code);
}

void kernel_main(void)
{
    sched_init_boot();
    time_init();
    arch_early_init();
    command_line_parse(boot_command_line);
    pr_info("xv39 on " ARCH_NAME ", %u CPUs\n", nr_cpus);

    kernel_map_init();
    page_alloc_init();
    pt_tables_from_buddy();
    slab_init();
    vmalloc_init();
    radix_init();
    mm_init();
    log_kernel_windows();

    fork_init();
    sched_init();
    vfs_init();
    filemap_init();
    ext2_init();

    /* First, to be process 1; it runs once this CPU is idle or others have come. */
    init_task = kthread_create(run_init, NULL, "init");
    if (!init_task)
        panic("no memory for the first process");
    arch_init();
    time_init_wall_clock();
    random_init();
    mem_devices_init();
    provoke_init();
    tty_init();
    arch_smp_start();
    arch_irq_enable();
    idle_loop();
}

void secondary_main(void)
{
    arch_init_secondary();
    atomic_store(&this_cpu()->online, true);
    idle_loop();
}
