/* SPDX-License-Identifier: MIT */
/*
 * Streams: a descriptor with one buffer, which holds either bytes read and not yet taken
 * ([pos, end) while reading) or bytes written and not yet sent ([0, pos) while writing). Going from
 * one to the other passes through fflush or fseek, as ISO C asks of the program; we do it
 * ourselves.
 */
#include "internal.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAN_READ  1
#define CAN_WRITE 2
#define AT_EOF    4
#define FAILED    8
#define WRITING   16 /* the buffer holds output */
#define ON_HEAP   32
#define APPENDING 64

struct __FILE {
    int fd;
    int flags;
    int mode; /* _IOFBF, _IOLBF, _IONBF, or UNDECIDED: by what the descriptor is */
    char *buf;
    size_t size, pos, end;
    struct __FILE *next; /* of all streams, for exit */
    char own[BUFSIZ];
};

#define UNDECIDED -1

static FILE streams[3] = {
    {.fd = 0, .flags = CAN_READ, .mode = _IOFBF, .buf = streams[0].own, .size = BUFSIZ},
    {.fd = 1,
     .flags = CAN_WRITE,
     .mode = UNDECIDED,
     .buf = streams[1].own,
     .size = BUFSIZ,
     .next = &streams[0]},
    {.fd = 2,
     .flags = CAN_WRITE,
     .mode = _IONBF,
     .buf = streams[2].own,
     .size = BUFSIZ,
     .next = &streams[1]},
};
FILE *stdin = &streams[0], *stdout = &streams[1], *stderr = &streams[2];
static FILE *all = &streams[2];

/* --- sending and filling the buffer --------------------------------------------------------- */

static int send(FILE *f, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t w = write(f->fd, p, n);
        if (w < 0) {
            f->flags |= FAILED;
            return -1;
        }
        p += w;
        n -= w;
    }
    return 0;
}

/* Output goes out; input not yet taken is given back to the file, where it can seek. */
static int settle(FILE *f)
{
    int r = 0;

    if (f->flags & WRITING)
        r = send(f, f->buf, f->pos);
    else if (f->pos < f->end)
        raw(SYS_lseek, f->fd, (long)f->pos - (long)f->end, SEEK_CUR);
    f->flags &= ~WRITING;
    f->pos = f->end = 0;
    return r;
}

int fflush(FILE *f)
{
    int r = 0;

    if (f)
        return f->flags & WRITING ? settle(f) : 0;
    for (f = all; f; f = f->next)
        if (f->flags & WRITING)
            r |= settle(f);
    return r;
}

void __stdio_exit(void)
{
    for (FILE *f = all; f; f = f->next)
        settle(f);
}

int __stdio_hold(FILE *f)
{
    int mode = f->mode;

    if (mode == _IONBF)
        f->mode = _IOFBF;
    return mode;
}

void __stdio_release(FILE *f, int mode)
{
    if (mode == _IONBF) {
        fflush(f);
        f->mode = mode;
    }
}

static int fill(FILE *f)
{
    ssize_t n;

    if (!(f->flags & CAN_READ)) {
        errno = EBADF;
        f->flags |= FAILED;
        return -1;
    }
    if (f->flags & WRITING)
        settle(f);
    f->pos = f->end = 0;
    n = read(f->fd, f->buf, f->mode == _IONBF ? 1 : f->size);
    if (n <= 0) {
        f->flags |= n < 0 ? FAILED : AT_EOF;
        return -1;
    }
    f->end = n;
    return 0;
}

static int start_writing(FILE *f)
{
    if (!(f->flags & CAN_WRITE)) {
        errno = EBADF;
        f->flags |= FAILED;
        return -1;
    }
    if (f->mode == UNDECIDED) {
        int saved = errno;
        f->mode = isatty(f->fd) ? _IOLBF : _IOFBF;
        errno = saved;
    }
    settle(f);
    f->flags |= WRITING;
    return 0;
}

/* --- opening and closing -------------------------------------------------------------------- */

static int parse_mode(const char *mode, int *flags)
{
    int plus = strchr(mode, '+') != NULL;

    *flags = plus ? CAN_READ | CAN_WRITE : *mode == 'r' ? CAN_READ : CAN_WRITE;
    int how = plus ? O_RDWR : *mode == 'r' ? O_RDONLY : O_WRONLY;
    if (strchr(mode, 'e'))
        how |= O_CLOEXEC;
    if (strchr(mode, 'x'))
        how |= O_EXCL;
    switch (*mode) {
    case 'r':
        return how;
    case 'w':
        return how | O_CREAT | O_TRUNC;
    case 'a':
        *flags |= APPENDING;
        return how | O_CREAT | O_APPEND;
    default:
        errno = EINVAL;
        return -1;
    }
}

FILE *fdopen(int fd, const char *mode)
{
    int flags;
    FILE *f;

    if (parse_mode(mode, &flags) < 0)
        return NULL;
    f = malloc(sizeof(*f));
    if (!f)
        return NULL;
    *f = (FILE){.fd = fd, .flags = flags | ON_HEAP, .mode = UNDECIDED, .size = BUFSIZ, .next = all};
    f->buf = f->own;
    all = f;
    return f;
}

FILE *fopen(const char *restrict path, const char *restrict mode)
{
    int flags, how = parse_mode(mode, &flags);
    int fd = how < 0 ? -1 : open(path, how, 0666);
    FILE *f = fd < 0 ? NULL : fdopen(fd, mode);

    if (fd >= 0 && !f)
        close(fd);
    return f;
}

int fclose(FILE *f)
{
    int r = settle(f);

    for (FILE **p = &all; *p; p = &(*p)->next)
        if (*p == f) {
            *p = f->next;
            break;
        }
    r |= close(f->fd);
    if (f->flags & ON_HEAP)
        free(f);
    return r;
}

int setvbuf(FILE *restrict f, char *restrict buf, int mode, size_t size)
{
    settle(f);
    f->mode = mode;
    if (buf && size > 0) {
        f->buf = buf;
        f->size = size;
    }
    return 0;
}

int fileno(FILE *f)
{
    return f->fd;
}

int feof(FILE *f)
{
    return (f->flags & AT_EOF) != 0;
}

int ferror(FILE *f)
{
    return (f->flags & FAILED) != 0;
}

void clearerr(FILE *f)
{
    f->flags &= ~(AT_EOF | FAILED);
}

int fseek(FILE *f, long off, int whence)
{
    settle(f);
    if (lseek(f->fd, off, whence) < 0)
        return -1;
    f->flags &= ~AT_EOF;
    return 0;
}

long ftell(FILE *f)
{
    off_t off = lseek(f->fd, 0, f->flags & WRITING && f->flags & APPENDING ? SEEK_END : SEEK_CUR);

    if (off < 0)
        return -1;
    return f->flags & WRITING ? off + (long)f->pos : off - (long)(f->end - f->pos);
}

void rewind(FILE *f)
{
    fseek(f, 0, SEEK_SET);
    clearerr(f);
}

/* --- input ---------------------------------------------------------------------------------- */

size_t fread(void *restrict buf, size_t size, size_t n, FILE *restrict f)
{
    size_t want = size * n, got = 0;

    while (got < want) {
        size_t part;
        if ((f->flags & WRITING || f->pos == f->end) && fill(f) < 0)
            break;
        part = f->end - f->pos;
        if (part > want - got)
            part = want - got;
        memcpy((char *)buf + got, f->buf + f->pos, part);
        f->pos += part;
        got += part;
    }
    return size ? got / size : 0;
}

int fgetc(FILE *f)
{
    if ((f->flags & WRITING || f->pos == f->end) && fill(f) < 0)
        return EOF;
    return (unsigned char)f->buf[f->pos++];
}

int getc(FILE *f)
{
    return fgetc(f);
}

int getchar(void)
{
    return fgetc(stdin);
}

int ungetc(int c, FILE *f)
{
    if (c == EOF || f->flags & WRITING)
        return EOF;
    if (f->pos == 0) {
        if (f->end == f->size)
            return EOF;
        memmove(f->buf + 1, f->buf, f->end);
        f->pos = 1;
        f->end++;
    }
    f->flags &= ~AT_EOF;
    f->buf[--f->pos] = c;
    return (unsigned char)c;
}

char *fgets(char *restrict s, int size, FILE *restrict f)
{
    int n = 0;

    while (n < size - 1) {
        int c = fgetc(f);
        if (c == EOF)
            break;
        s[n++] = c;
        if (c == '\n')
            break;
    }
    if (n == 0)
        return NULL;
    s[n] = '\0';
    return s;
}

ssize_t getdelim(char **restrict line, size_t *restrict size, int delim, FILE *restrict f)
{
    size_t n = 0;
    int c;

    do {
        c = fgetc(f);
        if (c == EOF && n == 0)
            return -1;
        if (!*line || n + 2 > *size) {
            size_t bigger = *line && *size ? *size * 2 : 128;
            char *p = realloc(*line, bigger);
            if (!p) {
                f->flags |= FAILED;
                return -1;
            }
            *line = p;
            *size = bigger;
        }
        if (c != EOF)
            (*line)[n++] = c;
    } while (c != EOF && c != delim);
    (*line)[n] = '\0';
    return n;
}

ssize_t getline(char **restrict line, size_t *restrict size, FILE *restrict f)
{
    return getdelim(line, size, '\n', f);
}

/* --- output --------------------------------------------------------------------------------- */

size_t fwrite(const void *restrict buf, size_t size, size_t n, FILE *restrict f)
{
    const char *p = buf;
    size_t bytes = size * n;

    if (!(f->flags & WRITING) && start_writing(f) < 0)
        return 0;
    if (bytes > f->size - f->pos) {
        if (settle(f) < 0)
            return 0;
        f->flags |= WRITING;
    }
    if (bytes > f->size || f->mode == _IONBF)
        return send(f, p, bytes) < 0 ? 0 : n;
    memcpy(f->buf + f->pos, p, bytes);
    f->pos += bytes;
    if (f->mode == _IOLBF && memchr(p, '\n', bytes) && settle(f) < 0)
        return 0;
    return n;
}

int fputc(int c, FILE *f)
{
    char byte = c;

    return fwrite(&byte, 1, 1, f) == 1 ? (unsigned char)c : EOF;
}

int putc(int c, FILE *f)
{
    return fputc(c, f);
}

int putchar(int c)
{
    return fputc(c, stdout);
}

int fputs(const char *restrict s, FILE *restrict f)
{
    size_t n = strlen(s);

    return fwrite(s, 1, n, f) == n ? 0 : EOF;
}

int puts(const char *s)
{
    return fputs(s, stdout) < 0 ? EOF : fputc('\n', stdout);
}
