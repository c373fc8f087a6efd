/* SPDX-License-Identifier: MIT */
/* Reading pagemap, kpagecount and kpageflags. */
#include <errno.h>
#include <fcntl.h>
#include <pageinfo.h>
#include <procfs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096

/* Words `first` and on of a file of them. How many, or -1. */
static long read_words(const char *path, uint64_t first, uint64_t *words, size_t n)
{
    int fd = open(path, O_RDONLY), error;
    ssize_t got;

    if (fd < 0)
        return -1;
    got = pread(fd, words, n * sizeof(*words), first * sizeof(*words));
    error = errno;
    close(fd);
    errno = error;
    return got < 0 ? -1 : got / (long)sizeof(*words);
}

long page_words(int pid, uint64_t address, uint64_t *words, size_t n)
{
    long got = read_words(proc_path(pid, "pagemap"), address / PAGE, words, n);

    if (got < 0 && errno == ENOENT)
        errno = ESRCH;
    return got;
}

uint64_t page_word(int pid, uint64_t address)
{
    uint64_t word;

    return page_words(pid, address, &word, 1) == 1 ? word : 0;
}

static int one_word(const char *path, uint64_t pfn, uint64_t *word)
{
    long got = read_words(path, pfn, word, 1);

    if (got == 0)
        errno = EINVAL; /* beyond the last page of memory */
    return got == 1 ? 0 : -1;
}

int page_count(uint64_t pfn, uint64_t *count)
{
    return one_word("/proc/kpagecount", pfn, count);
}

int page_flags(uint64_t pfn, uint64_t *flags)
{
    return one_word("/proc/kpageflags", pfn, flags);
}

long page_flag_words(uint64_t pfn, uint64_t *words, size_t n)
{
    return read_words("/proc/kpageflags", pfn, words, n);
}

char *page_flag_names(uint64_t flags, char *buf, size_t size)
{
    static const char *const names[64] = {
        [KPF_LOCKED] = "locked",
        [KPF_ERROR] = "error",
        [KPF_REFERENCED] = "referenced",
        [KPF_UPTODATE] = "uptodate",
        [KPF_DIRTY] = "dirty",
        [KPF_LRU] = "lru",
        [KPF_ACTIVE] = "active",
        [KPF_SLAB] = "slab",
        [KPF_WRITEBACK] = "writeback",
        [KPF_RECLAIM] = "reclaim",
        [KPF_BUDDY] = "buddy",
        [KPF_MMAP] = "mmap",
        [KPF_ANON] = "anon",
        [KPF_SWAPCACHE] = "swapcache",
        [KPF_SWAPBACKED] = "swapbacked",
        [KPF_COMPOUND_HEAD] = "compound_head",
        [KPF_COMPOUND_TAIL] = "compound_tail",
        [KPF_HUGE] = "huge",
        [KPF_UNEVICTABLE] = "unevictable",
        [KPF_HWPOISON] = "hwpoison",
        [KPF_NOPAGE] = "nopage",
        [KPF_KSM] = "ksm",
        [KPF_THP] = "thp",
        [KPF_OFFLINE] = "offline",
        [KPF_ZERO_PAGE] = "zero_page",
        [KPF_IDLE] = "idle",
        [KPF_PGTABLE] = "pgtable",
        [KPF_RESERVED] = "reserved",
        [KPF_MLOCKED] = "mlocked",
    };
    size_t len = 0;

    snprintf(buf, size, "-");
    for (int bit = 0; bit < 64; bit++) {
        if (!(flags >> bit & 1) || len >= size)
            continue;
        if (names[bit])
            len += snprintf(buf + len, size - len, "%s%s", len ? "," : "", names[bit]);
        else
            len += snprintf(buf + len, size - len, "%sbit%d", len ? "," : "", bit);
    }
    return buf;
}
