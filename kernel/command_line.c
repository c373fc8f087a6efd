/* SPDX-License-Identifier: MIT */
/* See kernel/command_line.h. */
#include "kernel/command_line.h"

#include "kernel/printk.h"
#include "kernel/process.h"
#include "kernel/string.h"

#define MAX_INIT_ARGS 64

static const char *init_argv[MAX_INIT_ARGS + 1] = {"/bin/init"};
static bool quiet;

/* Cuts the first word off *line: unquoted in place; NULL at the end. */
static char *next_word(char **line)
{
    char *in = *line, *out, *word;
    bool quoted = false;

    while (*in == ' ')
        in++;
    if (*in == '\0')
        return NULL;
    for (word = out = in; *in && (quoted || *in != ' '); in++) {
        if (*in == '"') {
            quoted = !quoted;
            continue;
        }
        if (*in == '\\' && in[1])
            in++;
        *out++ = *in;
    }
    *line = *in ? in + 1 : in;
    *out = '\0';
    return word;
}

static void parse_init(const char *program, char *rest)
{
    unsigned n = 0;
    char *word;

    init_argv[n++] = program;
    while (n < MAX_INIT_ARGS && (word = next_word(&rest)))
        init_argv[n++] = word;
    init_argv[n] = NULL;
}

void command_line_parse(char *line)
{
    char *word;

    while ((word = next_word(&line))) {
        if (strcmp(word, "quiet") == 0) {
            quiet = true;
            log_set_console_level(LOG_ERR);
        } else if (strcmp(word, "norandmaps") == 0) {
            randomize_va_space = 0;
        } else if (strncmp(word, "init=", 5) == 0) {
            parse_init(word + 5, line);
            return;
        }
    }
}

const char *const *command_line_init(void)
{
    return init_argv;
}

void command_line_announce(void)
{
    if (quiet)
        pr_err("xv39: %s\n", init_argv[0]);
}
