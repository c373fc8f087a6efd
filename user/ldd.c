/* SPDX-License-Identifier: MIT */
/*
 * ldd: the shared libraries that a program needs, and that these need: DT_NEEDED names, looked for
 * where the dynamic linker would look. When all are found, that linker is asked to load them and
 * say where they came to lie, instead of starting the program: LD_TRACE_LOADED_OBJECTS in ld.so(8).
 * For what it would not start (a library, a program of another machine), and for linkers that may
 * not know the word and start it, there are names and paths but no addresses.
 */
#include <cli.h>
#include <elfread.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* One that is needed; each name is looked for once. */
struct library {
    char *name, *path; /* path NULL: not found */
    struct library *next;
};

/* What is being looked at: its libraries in the order in which they were first needed. */
static struct library *libraries, **last;
static int machine;

static char *copy(const char *s)
{
    char *p = strdup(s);

    if (!p)
        err(1, "%s", s);
    return p;
}

/* Whether the file is a library that this program could use. */
static int usable(const char *path)
{
    struct elf_file e;
    int same;

    if (elf_open(&e, path) < 0)
        return 0;
    same = e.header->e_machine == machine && e.header->e_type == ET_DYN;
    elf_close(&e);
    return same;
}

/*
 * Looks for the library in directories separated by colons, $ORIGIN being `origin`. The path is on
 * the heap; NULL when it is in none.
 */
static char *search(const char *directories, const char *origin, const char *name)
{
    static const char variable[] = "$ORIGIN";
    char directory[PATH_MAX];

    for (const char *end, *d = directories; d && *d; d = *end ? end + 1 : end) {
        end = d + strcspn(d, ":");
        if (strncmp(d, variable, strlen(variable)) == 0)
            snprintf(directory, sizeof(directory), "%s%.*s", origin,
                     (int)(end - d - strlen(variable)), d + strlen(variable));
        else
            snprintf(directory, sizeof(directory), "%.*s", (int)(end - d), d);
        char *path = join_path(directory, name);
        if (usable(path))
            return path;
        free(path);
    }
    return NULL;
}

/* Everything in front of the last slash. */
static char *directory_of(const char *path)
{
    char *s = copy(path), *slash = strrchr(s, '/');

    if (slash && slash > s)
        *slash = '\0';
    else
        strcpy(s, slash ? "/" : ".");
    return s;
}

/* Debian's directories have the machine's name in them. */
static const char *standard_directories(void)
{
    static char list[256];
    struct utsname u;

    if (uname(&u) == 0)
        snprintf(list, sizeof(list), "/lib/%s-linux-gnu:/usr/lib/%s-linux-gnu:/lib:/usr/lib:/lib64",
                 u.machine, u.machine);
    return list;
}

/* As ld.so(8) has the order: the file's own RPATH without a RUNPATH, the environment, RUNPATH. */
static char *find_library(const struct elf_file *e, const char *path, const char *name)
{
    Elf64_Xword rpath = elf_dynamic_value(e, DT_RPATH), runpath = elf_dynamic_value(e, DT_RUNPATH);
    char *origin = directory_of(path), *found = NULL;

    if (strchr(name, '/'))
        found = usable(name) ? copy(name) : NULL;
    else if (!(rpath && !runpath && (found = search(elf_dynamic_string(e, rpath), origin, name))) &&
             !(found = search(getenv("LD_LIBRARY_PATH"), origin, name)) &&
             !(runpath && (found = search(elf_dynamic_string(e, runpath), origin, name))))
        found = search(standard_directories(), origin, name);
    free(origin);
    return found;
}

static void need(const struct elf_file *e, const char *path, const char *name)
{
    struct library *l;

    for (l = libraries; l; l = l->next)
        if (strcmp(l->name, name) == 0)
            return;
    l = calloc(1, sizeof(*l));
    if (!l)
        err(1, "%s", name);
    l->name = copy(name);
    l->path = find_library(e, path, name);
    *last = l;
    last = &l->next;
}

static void need_all(const struct elf_file *e, const char *path)
{
    const Elf64_Dyn *d;

    for (size_t i = 0; (d = elf_dynamic(e, i)); i++) {
        const char *name = d->d_tag == DT_NEEDED ? elf_dynamic_string(e, d->d_un.d_val) : NULL;
        if (name)
            need(e, path, name);
    }
}

/*
 * Whether the dynamic linker has said where it loaded them. It is one whose name promises that it
 * knows what it is asked, and it finds all of them.
 */
static int loaded(const char *path, const char *interpreter)
{
    const char *name = base_name(interpreter);
    char *argv[] = {(char *)path, NULL};
    enum {
        NOT_STARTED = 126
    };
    int status;
    pid_t pid;

    if (strcmp(name, "ld.so") != 0 && strncmp(name, "ld-linux", 8) != 0)
        return 0;
    for (const struct library *l = libraries; l; l = l->next)
        if (!l->path)
            return 0;
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        if (setenv("LD_TRACE_LOADED_OBJECTS", "1", 1) == 0)
            execv(path, argv);
        _exit(NOT_STARTED);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) != NOT_STARTED;
}

/* The interpreter is one of them for most; it is known by its path. */
static int print_libraries(const char *interpreter)
{
    int status = 0, shown = 0;

    for (const struct library *l = libraries; l; l = l->next) {
        if (interpreter && strcmp(l->name, base_name(interpreter)) == 0) {
            printf("\t%s\n", interpreter);
            shown = 1;
        } else if (l->path && strchr(l->name, '/')) {
            printf("\t%s\n", l->path);
        } else {
            printf("\t%s => %s\n", l->name, l->path ? l->path : "not found");
            status |= !l->path;
        }
    }
    if (interpreter && !shown)
        printf("\t%s\n", interpreter);
    return status;
}

static void forget_libraries(void)
{
    for (struct library *l = libraries, *next; l; l = next) {
        next = l->next;
        free(l->name);
        free(l->path);
        free(l);
    }
}

/* All that the file, which is open, needs: the list grows while it is gone through. */
static int show_libraries(const struct elf_file *e, const char *path)
{
    const char *interpreter = elf_interpreter(e);
    int status = 0;

    machine = e->header->e_machine;
    libraries = NULL;
    last = &libraries;
    need_all(e, path);
    for (struct library *l = libraries; l; l = l->next) {
        struct elf_file library;
        if (!l->path || elf_open(&library, l->path) < 0)
            continue;
        need_all(&library, l->path);
        elf_close(&library);
    }
    if (!libraries && !interpreter)
        printf("\tstatically linked\n");
    else if (!interpreter || !loaded(path, interpreter))
        status = print_libraries(interpreter);
    forget_libraries();
    return status;
}

static int show_file(const char *path, int several)
{
    struct elf_file e;
    int status = 1;

    if (elf_open(&e, path) < 0 && errno != ENOEXEC) {
        warn("%s", path);
        return 1;
    }
    if (several)
        printf("%s:\n", path);
    if (e.data && elf_dynamic(&e, 0)) {
        status = show_libraries(&e, path);
    } else {
        fflush(stdout);
        fprintf(stderr, "\tnot a dynamic executable\n");
    }
    if (e.data)
        elf_close(&e);
    return status;
}

int main(int argc, char **argv)
{
    int status = 0, several;

    if (getopt(argc, argv, "") != -1 || optind == argc)
        usage("ldd file...");
    several = argc - optind > 1;
    for (; optind < argc; optind++)
        status |= show_file(argv[optind], several);
    return finish(status);
}
