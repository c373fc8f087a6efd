/* SPDX-License-Identifier: MIT */
/* The life of a process, between fork.c, exec.c and exit.c; everyone else uses kernel/sched.h. */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include "kernel/types.h"

struct dentry;
struct file;
struct mm_struct;
struct mmap_layout;
struct task_struct;
struct trapframe;

#define PID_MAX 4194304

extern size_t nr_tasks, nr_forks; /* present; ever. tasklist_lock */

/* clone(2)'s flags. */
enum {
    CSIGNAL = 0xff,
    CLONE_VM = 0x100,
    CLONE_FS = 0x200,
    CLONE_FILES = 0x400,
    CLONE_VFORK = 0x4000,
    CLONE_SETTLS = 0x80000,
    CLONE_PARENT_SETTID = 0x100000,
    CLONE_CHILD_CLEARTID = 0x200000,
    CLONE_DETACHED = 0x400000,
    CLONE_CHILD_SETTID = 0x1000000,
};

void fork_init(void);
/* Off the lists; tasklist_lock held. The lists' reference is then the caller's to put. */
void task_unpublish(struct task_struct *t);
/*
 * Before power-off: every process but the current one is killed, and the current one's files are
 * closed, so that no file is open whose name is gone. May sleep, some seconds at most.
 */
void end_all_processes(void);
/* The parent of a vfork() may go on: at exec and exit. */
void vfork_release(struct task_struct *t);

/*
 * exec.c: the current task becomes the program at `path` (kernel strings, arrays NULL-terminated):
 * the user context is in the task's trapframe. 0 or -errno, and then nothing has changed. May
 * sleep.
 */
int kernel_execve(const char *path, const char *const argv[], const char *const envp[]);

/*
 * A regular file that somebody may execute, open for reading from `base` (NULL: the working
 * directory), and written to by nobody until close_exec(). ERR_PTR(-EACCES) for what is none,
 * -ETXTBSY when somebody has it open for writing.
 */
struct file *open_exec(struct dentry *base, const char *path);
void close_exec(struct file *file);

/*
 * How much of a new program's layout is chance: 0 nothing, 1 all but the heap, 2 the heap too.
 * personality(ADDR_NO_RANDOMIZE) counts as 0 for its programs. A word of its own, read once an
 * exec.
 */
extern int randomize_va_space;

/* elf.c: what load_elf() found. */
struct elf_image {
    vaddr_t entry;         /* where the user program starts: the interpreter's, if there is one */
    vaddr_t program_entry; /* AT_ENTRY */
    vaddr_t phdr;          /* AT_PHDR, 0 if no segment holds the headers */
    unsigned phnum;        /* AT_PHNUM */
    vaddr_t interpreter_base; /* AT_BASE */
    bool executable_stack;    /* PT_GNU_STACK asks for one */
};

/*
 * Maps the ELF program in `file` into `mm`, which has nothing but its layout set: segments, bss,
 * the empty heap and, if it asks for one, its interpreter. 0; -ENOEXEC for what is no program for
 * this machine, -ELIBBAD for such an interpreter; or another error. May sleep.
 */
int load_elf(struct mm_struct *mm, struct file *file, const struct mmap_layout *layout,
             struct elf_image *image);

#endif
