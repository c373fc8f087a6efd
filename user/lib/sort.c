/* SPDX-License-Identifier: MIT */
/* Sorting and searching arrays. qsort is a heapsort: in place, O(n log n) always, no recursion. */
#include <stdlib.h>

typedef int compare(const void *, const void *);

static void swap(char *a, char *b, size_t size)
{
    while (size--) {
        char t = *a;
        *a++ = *b;
        *b++ = t;
    }
}

/* Restores the heap of n elements in which only the element i may be smaller than its children. */
static void sift_down(char *base, size_t i, size_t n, size_t size, compare *cmp)
{
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && cmp(base + child * size, base + (child + 1) * size) < 0)
            child++;
        if (cmp(base + i * size, base + child * size) >= 0)
            return;
        swap(base + i * size, base + child * size, size);
    }
}

void qsort(void *base, size_t n, size_t size, compare *cmp)
{
    for (size_t i = n / 2; i-- > 0;)
        sift_down(base, i, n, size, cmp);
    for (size_t end = n; end-- > 1;) {
        swap(base, (char *)base + end * size, size);
        sift_down(base, 0, end, size, cmp);
    }
}

void *bsearch(const void *key, const void *base, size_t n, size_t size, compare *cmp)
{
    const char *low = base;

    while (n > 0) {
        const char *middle = low + n / 2 * size;
        int order = cmp(key, middle);
        if (order == 0)
            return (void *)middle;
        if (order > 0) {
            low = middle + size;
            n--;
        }
        n /= 2;
    }
    return NULL;
}
