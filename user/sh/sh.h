/* SPDX-License-Identifier: MIT */
/*
 * sh: a small shell after POSIX's.
 *
 *   source.c  characters of the input, with prompts      arena.c    memory that is freed in layers
 *   lex.c     characters to tokens                       vars.c     variables and parameters
 *   parse.c   tokens to a tree, by recursive descent     builtin.c  commands that are the shell's
 * own expand.c  words to arguments: $, quotes, splitting   test.c     the builtin test, also called
 * [ glob.c    patterns and the names that match them     arith.c    $((expressions)) run.c     the
 * tree to actions                        job.c      children: fork, wait, terminal redir.c
 * redirections, and undoing them             main.c     arguments, the main loop
 *
 * One complete command is read, parsed, run, and forgotten before the next is read. Not here: job
 * control by name (fg, bg), functions, case, here-documents, traps.
 */
#ifndef SH_H
#define SH_H

#include <stddef.h>
#include <sys/types.h>

/*
 * --- arena.c: a stack of memory; whatever was allocated after a mark is released together -------
 */
struct mark {
    struct chunk *chunk;
    size_t used;
};
struct mark arena_mark(void);
void arena_release(struct mark mark);
/* Zeroed; never NULL: the shell ends with a message when memory does. */
void *arena_alloc(size_t size);
char *arena_strndup(const char *s, size_t n);

/* A string that grows in the arena; always terminated once something was added. */
struct buf {
    char *s;
    size_t n, room;
};
void buf_add(struct buf *b, char c);
void buf_adds(struct buf *b, const char *s);

/*
 * --- the tree -----------------------------------------------------------------------------------
 */
struct word { /* as written, quotes and all, until expand.c made arguments of it */
    char *text;
    struct word *next;
};

enum redir_op {
    REDIR_IN,
    REDIR_OUT,
    REDIR_APPEND,
    REDIR_INOUT,
    REDIR_DUP
};
struct redir {
    enum redir_op op;
    int fd;
    char *target; /* a word: the file, or for REDIR_DUP a descriptor or "-" */
    struct redir *next;
};

enum node_kind {
    NODE_SIMPLE,     /* assignments, words, redirs */
    NODE_PIPE,       /* left | right; right may be a NODE_PIPE again */
    NODE_AND,        /* left && right */
    NODE_OR,         /* left || right */
    NODE_NOT,        /* ! left */
    NODE_SEQUENCE,   /* left ; right */
    NODE_BACKGROUND, /* left & */
    NODE_GROUP, /* { left; } with redirs; every compound command is wrapped in one if it has any */
    NODE_SUBSHELL, /* ( left ) with redirs */
    NODE_IF,       /* if left; then right; else third */
    NODE_WHILE,    /* while left; do right */
    NODE_UNTIL,
    NODE_FOR, /* for name in words; do left */
};
struct node {
    enum node_kind kind;
    struct node *left, *right, *third;
    char *name;
    struct word *assignments, *words;
    struct redir *redirs;
};

/*
 * --- source.c -----------------------------------------------------------------------------------
 */
struct source {
    const char *text; /* what is left of a string, or NULL: */
    int fd;
    int one_by_one;  /* fd is shared with the commands: never read ahead */
    int interactive; /* show prompts */
    int continued;   /* inside a command: the second prompt */
    int ended;       /* a terminal's end of file is only seen once: it lasts for the command */
    size_t pos, end;
    char buf[1024];
};
#define END_OF_INPUT (-1)
int source_peek(struct source *src);
int source_next(struct source *src);
/* After a syntax error: drops what remains of the line. */
void source_skip_line(struct source *src);

/*
 * --- lex.c --------------------------------------------------------------------------------------
 */
enum token_kind {
    TOKEN_END,
    TOKEN_NEWLINE,
    TOKEN_WORD,
    TOKEN_SEMICOLON,
    TOKEN_AMPERSAND,
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_PIPE,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_REDIR,
};
struct token {
    enum token_kind kind;
    char *text;       /* as written */
    enum redir_op op; /* of a TOKEN_REDIR */
    int fd;
};
struct token lex(struct source *src);

/*
 * --- parse.c ------------------------------------------------------------------------------------
 */
enum parse_result {
    PARSE_OK,
    PARSE_EMPTY,
    PARSE_END,
    PARSE_ERROR
};
/* Reads one complete command, up to its newline. The tree is in the arena. */
enum parse_result parse_command(struct source *src, struct node **tree);
/* Complains and goes back to parse_command, which returns PARSE_ERROR. */
_Noreturn void syntax_error(const char *near);
/* The same without a word: ^C at the prompt. */
_Noreturn void abandon_command(void);

/*
 * --- expand.c, glob.c, arith.c -------------------------------------------------------------------
 */
/* The arguments that words stand for, *n of them, terminated by NULL, in the arena. */
char **expand_words(struct word *words, int *n);
/* One word to one string: no splitting, no patterns. For assignments and redirections. */
char *expand_string(const char *text);
/* Matches the whole of s; \ takes the pattern's next character literally. */
int pattern_match(const char *pattern, const char *s);
/* The names that match, sorted, in the arena; NULL when there are none. */
struct word *glob(const char *pattern);
/* Complains; the command that the words belong to is not run (POSIX 2.8.1). */
void expansion_error(const char *what, const char *reason);
/* 0, or -1 after an expansion_error. */
int arithmetic(const char *text, long *value);

/* --- vars.c
 * --------------------------------------------------------------------------------------- */
/* The value, or NULL. Knows the parameters $? $$ $! $# $0 $1... as well. */
const char *var_get(const char *name);
void var_set(const char *name, const char *value);
void var_unset(const char *name);
void var_export(const char *name);
void var_print_all(int exported_only);
/* Length of the name at the start of s; 0 when there is none. */
size_t name_length(const char *s);
/* Performs NAME=value; is_assignment says whether a word has that form. */
int is_assignment(const char *text);
void assign(const char *text);

/*
 * --- redir.c -------------------------------------------------------------------------------------
 */
struct saved_fd {
    int fd, copy; /* copy -1: it was closed */
    struct saved_fd *next;
};
/* Applies them; with saved not NULL notes how to undo that. 0, or -1 after a complaint. */
int redir_apply(struct redir *r, struct saved_fd **saved);
void redir_undo(struct saved_fd *saved);

/*
 * --- job.c ---------------------------------------------------------------------------------------
 */
struct member {
    pid_t pid;
    struct member *next;
};
struct job {
    pid_t pgid;
    int background;
    struct member *members; /* the last one of a pipeline first */
};
/* Finds the terminal and takes it, when the shell is interactive. */
void job_init(void);
/* fork; the child has the job's process group and default signals. -1 after a complaint. */
pid_t job_fork(struct job *job);
/*
 * What ^C and its like do to this process. They end a program; of an interactive shell, ^C
 * interrupts what it does, and the others do nothing.
 */
void job_ignore_signals(int ignore);
/* Waits for every member, takes the terminal back; the status of the pipeline's last. */
int job_wait(struct job *job);
void job_remember(pid_t pid);
/* Collects children in the background that have ended; says so. */
void job_reap(void);
/* The builtin wait: for one child, or with 0 for all. */
int job_wait_for(pid_t pid);

/*
 * --- run.c, builtin.c, test.c --------------------------------------------------------------------
 */
#define RUN_LAST   1 /* this process has nothing to do afterwards: exec without fork */
#define RUN_TESTED 2 /* somebody looks at the status: set -e does not apply */
int run(struct node *n, int flags);
/* Replaces the process; on failure complains and gives 126 or 127. */
int exec_command(char **argv);

typedef int builtin(int argc, char **argv);
/* NULL when the name is not a builtin's. exec is run.c's own, because of its redirections. */
builtin *find_builtin(const char *name);
int builtin_test(int argc, char **argv);

/*
 * --- main.c -------------------------------------------------------------------------------------
 */
struct shell {
    int interactive;
    int subshell;             /* a forked copy: no prompt, no job control */
    int status;               /* $? */
    int exit_on_error, trace; /* set -e, set -x */
    pid_t pid, last_background;
    char *name;    /* $0 */
    char **params; /* $1... */
    int param_count;
    int loop_depth;
    int breaking;   /* loops still to be left by break or continue */
    int continuing; /* the last of them by continue */
    int expansion_failed;
    int substituted;          /* the simple command under way has run a $(command) */
    volatile int interrupted; /* ^C: back to the prompt */
};
extern struct shell shell;

/* Runs commands from src to its end; the last status. */
int run_source(struct source *src);
int run_string(const char *text);
int run_file(const char *path);
/* "sh: what: reason" on stderr. */
void complain(const char *what, const char *reason);

#endif
