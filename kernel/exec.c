/* SPDX-License-Identifier: MIT */
/*
 * execve: the new program's address space is built complete beside the old one, and only then takes
 * its place, so that a failure leaves the caller as it was.
 */
#include <arch/trap.h>
#include "kernel/errno.h"
#include "kernel/exec_args.h"
#include "kernel/fs/vfs.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include "mm/mm.h"
#include "mm/mmap_layout.h"
#include "mm/slab.h"
#include "mm/uaccess.h"
#include "mm/vdso.h"

#define MAX_SCRIPT_DEPTH 4
#define SCRIPT_LINE      254 /* bytes of a #! line behind these two */
#define SCRIPT_BUFFER    (2 + SCRIPT_LINE + 1)

int randomize_va_space = 2;

/* What is no regular file is opened without consequences. */
struct file *open_exec(struct dentry *base, const char *path)
{
    struct file *file = filp_open(base, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);

    if (IS_ERR(file))
        return file;
    const struct inode *inode = file_inode(file);
    int err = S_ISREG(inode->i_mode) && (inode->i_mode & 0111) ? 0 : -EACCES;
    if (!err)
        err = deny_write_access(file_inode(file));
    if (!err)
        return file;
    fput(file);
    return ERR_PTR(err);
}

void close_exec(struct file *file)
{
    allow_write_access(file_inode(file));
    fput(file);
}

/*
 * Cuts the `n` bytes after "#!" into interpreter and argument (NULL if there is none). -ENOEXEC
 * when there is no interpreter or the line does not fit.
 */
static int parse_script(char *line, size_t n, char **interpreter, char **argument)
{
    char *end = memchr(line, '\n', n), *p = line;

    if (!end && n == SCRIPT_LINE)
        return -ENOEXEC;
    end = end ? end : line + n;
    while (end > line && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    *end = '\0';

    while (*p == ' ' || *p == '\t')
        p++;
    *interpreter = p;
    while (*p && *p != ' ' && *p != '\t')
        p++;
    while (*p == ' ' || *p == '\t')
        *p++ = '\0';
    *argument = *p ? p : NULL;
    return **interpreter ? 0 : -ENOEXEC;
}

/*
 * If *file is a script: its interpreter takes its place, and the arguments become interpreter,
 * argument, script (`path`), and the caller's from the second on. `line`, of SCRIPT_BUFFER bytes,
 * then begins with the interpreter's name. 1 when that was done, 0 for no script.
 */
static int follow_script(struct file **file, const char *path, struct exec_args *args, char *line)
{
    char *interpreter, *argument;
    ssize_t n = kernel_read(*file, line, 2 + SCRIPT_LINE, 0);

    if (n < 0)
        return (int)n;
    if (n < 2 || line[0] != '#' || line[1] != '!')
        return 0;
    int err = parse_script(line + 2, (size_t)n - 2, &interpreter, &argument);
    if (err)
        return err;

    const char *strings[3] = {interpreter, argument, path};
    if (!argument)
        strings[1] = path;
    err = args_replace_first(args, strings, argument ? 3 : 2);
    if (err)
        return err;
    struct file *next = open_exec(NULL, interpreter);
    if (IS_ERR(next))
        return (int)PTR_ERR(next);
    close_exec(*file);
    *file = next;
    memmove(line, interpreter, strlen(interpreter) + 1);
    return 1;
}

static unsigned layout_flags(void)
{
    const struct task_struct *t = current;
    int randomize = READ_ONCE(randomize_va_space);
    unsigned flags = 0;

    if (randomize > 0 && !(t->personality & ADDR_NO_RANDOMIZE))
        flags |= LAYOUT_RANDOM | (randomize > 1 ? LAYOUT_RANDOM_HEAP : 0);
    if (t->rlim[RLIMIT_STACK].cur == RLIM_INFINITY || (t->personality & ADDR_COMPAT_LAYOUT))
        flags |= LAYOUT_BOTTOM_UP;
    return flags;
}

/* The address space of the program, ready to run; NULL in *mm on failure. */
static int build_mm(struct file *file, const char *filename, struct exec_args *args,
                    struct mm_struct **result, struct elf_image *image, vaddr_t *sp)
{
    struct mmap_layout layout;
    struct mm_struct *mm = mm_alloc();

    if (!mm)
        return -ENOMEM;
    choose_layout(&layout, current->rlim[RLIMIT_STACK].cur, layout_flags());
    mm->mmap_base = layout.mmap_base;
    mm->mmap_bottom_up = layout.bottom_up;
    int err = set_exe_file(mm, file);
    if (!err)
        err = load_elf(mm, file, &layout, image);
    if (!err)
        err = vdso_map(mm, layout.vdso);
    if (!err)
        err = args_build_stack(args, mm, &layout, image, filename, sp);
    if (err) {
        mmput(mm);
        return err;
    }
    *result = mm;
    return 0;
}

static void replace_mm(struct task_struct *t, struct mm_struct *mm)
{
    struct mm_struct *old = t->mm;

    spin_lock(&tasklist_lock);
    t->mm = mm;
    t->exit_signal = SIGCHLD;
    spin_unlock(&tasklist_lock);
    mm_activate(mm);
    vfork_release(t);
    mmput(old);
}

/* The task becomes the program: nothing can fail any more. */
static void become(struct task_struct *t, struct mm_struct *mm, const struct elf_image *image,
                   vaddr_t sp, const char *filename)
{
    const char *slash = strrchr(filename, '/');

    replace_mm(t, mm);
    strlcpy(t->comm, slash ? slash + 1 : filename, sizeof(t->comm));
    t->clear_child_tid = 0;
    t->kthread = false;
    t->personality &= ~(unsigned)READ_IMPLIES_EXEC; /* a new program says itself what it needs */
    signals_reset(t);
    files_close_on_exec(t->files);
    fpu_reset(&t->fpu);
    tf_start_user(task_trapframe(t), image->entry, sp);
}

/* Takes over the file (of open_exec()), neither path nor args. */
static int exec_file(struct file *file, const char *path, struct exec_args *args)
{
    struct mm_struct *mm;
    struct elf_image image;
    vaddr_t sp;
    char lines[2][SCRIPT_BUFFER]; /* one names the script while the other takes its first line */
    const char *script = path;
    int err = 1;

    for (int depth = 0; err > 0; depth++) {
        char *line = lines[depth % 2];
        err = depth <= MAX_SCRIPT_DEPTH ? follow_script(&file, script, args, line) : -ELOOP;
        script = line;
    }
    if (!err)
        err = build_mm(file, path, args, &mm, &image, &sp);
    if (!err) {
        err = files_unshare();
        if (err)
            mmput(mm);
    }
    if (!err)
        become(current, mm, &image, sp, path);
    close_exec(file);
    return err;
}

static int push_strings(struct exec_args *args, const char *const strings[], size_t *count)
{
    int err = 0;

    for (; !err && *strings; strings++, ++*count)
        err = args_push(args, *strings);
    return err;
}

int kernel_execve(const char *path, const char *const argv[], const char *const envp[])
{
    struct exec_args args;
    int err = args_init(&args);

    if (!err)
        err = push_strings(&args, argv, &args.argc);
    if (!err)
        err = push_strings(&args, envp, &args.envc);
    if (!err) {
        struct file *file = open_exec(NULL, path);
        err = IS_ERR(file) ? (int)PTR_ERR(file) : exec_file(file, path, &args);
    }
    args_free(&args);
    return err;
}

/* Strings from the caller's memory; an empty argv gets one empty string, as on Linux. */
static int gather_user(struct exec_args *args, uaddr_t argv, uaddr_t envp)
{
    int err = args_push_user(args, argv, &args->argc);

    if (!err && args->argc == 0) {
        err = args_push(args, "");
        args->argc = 1;
    }
    return err ? err : args_push_user(args, envp, &args->envc);
}

SYSCALL3(execve, uaddr_t, upath, uaddr_t, argv, uaddr_t, envp)
{
    struct exec_args args;
    char *path = kmalloc(PATH_MAX, GFP_USER);

    if (!path)
        return -ENOMEM;
    long err = strncpy_from_user(path, upath, PATH_MAX);
    if (err < 0) {
        kfree(path);
        return err;
    }
    struct file *file = open_exec(NULL, path);
    err = IS_ERR(file) ? PTR_ERR(file) : args_init(&args);
    if (!err) {
        err = gather_user(&args, argv, envp);
        if (!err)
            err = exec_file(file, path, &args);
        else
            close_exec(file);
        args_free(&args);
    } else if (!IS_ERR(file)) {
        close_exec(file);
    }
    kfree(path);
    /* On success the result register belongs to the new program, and is zero. */
    return err;
}
