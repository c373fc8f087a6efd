/* SPDX-License-Identifier: MIT */
/*
 * procfs: what the kernel knows, as files.
 *
 * Two tables describe the tree: proc_entries (everything but processes, by path) and
 * proc_pid_entries (what each process's directory holds). An inode is nothing but its number, which
 * says what it is:
 *
 *     1                              /proc
 *     2 + n                          proc_entries[n]
 *     pid << 32                      /proc/PID
 *     pid << 32 | (n + 1) << 24      its proc_pid_entries[n]
 *     pid << 32 | 0xff << 24 | fd    /proc/PID/fd/FD
 *
 * A number names a pid, not a task: a directory that outlives its process simply has nothing in it.
 * An open file holds its task (get_task), so that what it shows is always of one process; of one
 * that has exited it shows what is left, or gives -ESRCH.
 *
 * A file's text is made anew whenever a read starts at offset 0, and then read at any offset: in
 * one piece, or, where there is a record for each of many things (a process may have 60,000 areas),
 * a piece at a time, of which only the present one is kept. Its maker may hold locks while it
 * writes; nothing is copied to a user under them. A file may have a read function instead of text.
 */
#ifndef KERNEL_FS_PROC_PROC_H
#define KERNEL_FS_PROC_PROC_H

#include "kernel/fs/seq_file.h"
#include "kernel/fs/vfs.h"

struct task_struct;

/* --- the tables --- */

struct proc_entry {
    const char *path; /* below /proc; a parent stands before its children */
    unsigned mode;    /* S_IF* and permissions */
    /* Of files: each makes the text. May sleep. */
    void (*show)(struct seq_file *m);
    /* Takes what was written, terminated, without a newline at its end: 0 or -errno. May sleep. */
    int (*write)(const char *text);
    /* Of files that are not text, instead of show: as file_operations' read. May sleep. */
    ssize_t (*read)(uaddr_t buf, size_t n, loff_t *pos);
};

struct proc_pid_entry {
    const char *name;
    unsigned mode;
    /* Of files: makes the text of a process, which may have exited. 0 or -errno. May sleep. */
    int (*show)(struct seq_file *m, struct task_struct *t);
    /*
     * Of files made in pieces, instead: makes the records from *place (0: the first) on, one at
     * least and until there is about PROC_PIECE of text, and moves *place on; to PROC_END behind
     * the last. 0 or -errno. May sleep.
     */
    int (*show_some)(struct seq_file *m, struct task_struct *t, uint64_t *place);
    /* Of files that are not text, instead: as file_operations' read. May sleep. */
    ssize_t (*read)(struct task_struct *t, uaddr_t buf, size_t n, loff_t *pos);
    /* Of links: where it leads. A referenced dentry or ERR_PTR. May sleep. */
    struct dentry *(*target)(struct task_struct *t);
};

#define PROC_END   UINT64_MAX
#define PROC_PIECE 4096ul /* bytes; a record may make a piece longer */

extern const struct proc_entry proc_entries[];
extern const unsigned nr_proc_entries;
extern const struct proc_pid_entry proc_pid_entries[];
extern const unsigned nr_proc_pid_entries;

/* --- numbers (inode.c) --- */

#define PROC_ROOT_INO   1ull
#define PROC_FIRST_INO  2ull /* of proc_entries[0] */
#define PROC_KIND_SHIFT 24
#define PROC_KIND_FD    0xffu
#define PROC_MAX_FD     ((1 << PROC_KIND_SHIFT) - 1)

static inline uint64_t proc_pid_ino(pid_t pid, unsigned kind, unsigned fd)
{
    return (uint64_t)(uint32_t)pid << 32 | (uint64_t)kind << PROC_KIND_SHIFT | fd;
}
static inline pid_t proc_ino_pid(uint64_t ino)
{
    return (pid_t)(ino >> 32);
}
/* 0: the process's directory; n + 1: its entry n; or PROC_KIND_FD. */
static inline unsigned proc_ino_kind(uint64_t ino)
{
    return (unsigned)(ino >> PROC_KIND_SHIFT) & 0xff;
}
static inline int proc_ino_fd(uint64_t ino)
{
    return (int)(ino & PROC_MAX_FD);
}

/* The table entry that an inode is, or NULL. */
const struct proc_entry *proc_inode_entry(const struct inode *inode);
const struct proc_pid_entry *proc_inode_pid_entry(const struct inode *inode);

/* The task an inode speaks of, with a reference more; NULL when there is no such process. */
struct task_struct *proc_find_task(pid_t pid);

/* --- operations of each kind of inode --- */

extern const struct inode_operations proc_dir_iops, proc_pid_dir_iops, proc_fd_dir_iops; /* dir.c */
extern const struct file_operations proc_dir_fops, proc_pid_dir_fops, proc_fd_dir_fops;
extern const struct inode_operations proc_file_iops; /* file.c */
extern const struct file_operations proc_file_fops;
extern const struct inode_operations proc_self_iops, proc_link_iops, proc_fd_link_iops; /* link.c */
/* The mode of the link with this number: what its descriptor may be used for. */
unsigned proc_fd_permissions(uint64_t ino);

/* A referenced inode of this number. ERR_PTR(-ENOMEM). */
struct inode *proc_get_inode(struct super_block *sb, uint64_t ino);

/* --- what the tables name --- */

/* link.c */
struct dentry *proc_exe_target(struct task_struct *t);
struct dentry *proc_cwd_target(struct task_struct *t);
struct dentry *proc_root_target(struct task_struct *t);

/* status.c */
int proc_show_status(struct seq_file *m, struct task_struct *t);
int proc_show_stat(struct seq_file *m, struct task_struct *t);
int proc_show_statm(struct seq_file *m, struct task_struct *t);

/* maps.c */
struct vm_area_struct;
int proc_show_maps(struct seq_file *m, struct task_struct *t, uint64_t *place);
/* What shows an area, with mmap_lock held for reading and path_buf of PATH_MAX bytes; a line. */
typedef void proc_area_fn(struct seq_file *m, struct vm_area_struct *vma, char *path_buf);
proc_area_fn proc_show_area;
/* A line like an area's, of no area. */
void proc_show_range(struct seq_file *m, vaddr_t start, vaddr_t end, const char *name);
/* show_some() for records that fn makes of areas. */
int proc_show_areas(struct seq_file *m, struct task_struct *t, uint64_t *place, proc_area_fn *fn);

/* smaps.c */
int proc_show_smaps(struct seq_file *m, struct task_struct *t, uint64_t *place);
int proc_show_smaps_rollup(struct seq_file *m, struct task_struct *t);

/* page_tables.c */
void proc_show_kernel_page_tables(struct seq_file *m);
int proc_show_page_tables(struct seq_file *m, struct task_struct *t);
int proc_show_page_table_root(struct seq_file *m, struct task_struct *t);

/* words.c */
/* Makes words first to first + n - 1 (n > 0). May sleep. */
typedef void proc_words_fn(uint64_t *words, uint64_t first, size_t n, void *arg);
/*
 * A read function's work, of a file of `count` words: whole words at the position of a word, else
 * -EINVAL. May sleep, and takes user faults: no lock held.
 */
ssize_t proc_read_words(uaddr_t buf, size_t n, loff_t *pos, uint64_t count, proc_words_fn *make,
                        void *arg);

/* pagemap.c */
ssize_t proc_read_pagemap(struct task_struct *t, uaddr_t buf, size_t n, loff_t *pos);

/* mem.c */
ssize_t proc_read_mem(struct task_struct *t, uaddr_t buf, size_t n, loff_t *pos);

/* kpage.c */
ssize_t proc_read_kpagecount(uaddr_t buf, size_t n, loff_t *pos);
ssize_t proc_read_kpageflags(uaddr_t buf, size_t n, loff_t *pos);

/* vmstat.c */
void proc_show_vmstat(struct seq_file *m);

/* sysctl.c */
int proc_drop_caches(const char *text);
void proc_show_overcommit(struct seq_file *m);
void proc_show_max_map_count(struct seq_file *m);
int proc_write_max_map_count(const char *text);
void proc_show_mmap_min_addr(struct seq_file *m);
void proc_show_ostype(struct seq_file *m);
void proc_show_osrelease(struct seq_file *m);
void proc_show_hostname(struct seq_file *m);
int proc_write_hostname(const char *text);
void proc_show_pid_max(struct seq_file *m);
void proc_show_randomize(struct seq_file *m);
int proc_write_randomize(const char *text);

/* format.c */
void proc_show_kernel_format(struct seq_file *m);

/* meminfo.c */
void proc_show_meminfo(struct seq_file *m);

/* system.c */
void proc_show_uptime(struct seq_file *m);
void proc_show_system_stat(struct seq_file *m);
void proc_show_loadavg(struct seq_file *m);
void proc_show_version(struct seq_file *m);
void proc_show_cpuinfo(struct seq_file *m);
void proc_show_cmdline(struct seq_file *m);
void proc_show_swaps(struct seq_file *m);
void proc_show_kmsg(struct seq_file *m);

#endif
