/* SPDX-License-Identifier: MIT */
/*
 * letters: reads a length and prints so many random letters. It is an example to look at: one thing
 * of each kind of memory that a program has. With -a it says first where they are, and waits
 * afterwards, until its input ends, to be looked at. Nothing in it is of xv39: any C library will
 * do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int max_length = 1 << 20;              /* has a value from the start: data */
int lines_printed;                     /* starts as zero: bss */
static const char format[] = "%.*s\n"; /* never changes: read-only data */

/* From the library: code in the text of whatever file the library came in. */
static int (*const library)(const char *, ...) = printf;

static void fill(char *buffer, int num)
{
    for (int i = 0; i < num; i++)
        buffer[i] = 'a' + rand() % 26;
}

int main(int argc, char **argv);

static void print_addresses(const int *num, const char *buffer)
{
    printf("main %p\nformat %p\nmax_length %p\nlines_printed %p\n", (void *)main,
           (const void *)format, (void *)&max_length, (void *)&lines_printed);
    printf("buffer %p\nnum %p\nprintf %p\n", (const void *)buffer, (const void *)num,
           (void *)library);
    fflush(stdout);
}

static int usage(void)
{
    fprintf(stderr, "usage: letters [-a]\n"
                    "  reads a length, prints so many random letters\n"
                    "  -a  says where its variables are, too, and goes on until its input ends;\n"
                    "      (echo 40; sleep 1000) | letters -a &  waits to be looked at\n");
    return 2;
}

/* Of somebody who types it; others know. */
static void ask(const char *question)
{
    if (isatty(0))
        printf("%s", question);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int addresses = argc > 1 && strcmp(argv[1], "-a") == 0;
    char *buffer = NULL; /* what it points to is on the heap */
    char line[32];
    int num; /* on the stack */

    if (argc > 1 + addresses)
        return usage();
    srand(getpid());
    ask("length: ");
    while (fgets(line, sizeof(line), stdin)) {
        num = atoi(line);
        if (num < 1 || num > max_length) {
            fprintf(stderr, "letters: a length from 1 to %d\n", max_length);
            return 1;
        }
        free(buffer);
        buffer = malloc(num);
        if (!buffer) {
            perror("letters");
            return 1;
        }
        fill(buffer, num);
        if (addresses)
            print_addresses(&num, buffer);
        printf(format, num, buffer);
        lines_printed++;
        if (!addresses)
            break;
        ask("another length, or ^D: ");
    }
    if (addresses || !lines_printed)
        ask("\n"); /* the answer was ^D */
    free(buffer);
    return 0;
}
