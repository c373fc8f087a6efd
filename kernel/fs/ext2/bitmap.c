/* SPDX-License-Identifier: MIT */
/*
 * Bitmap blocks: bit i is bit i % 8 of byte i / 8, 1 means in use.
 *
 * They are only read and changed through the device's cache. The volume's lock orders changes; a
 * bit may be looked at without it.
 */
#include "kernel/fs/ext2/ext2.h"

uint32_t ext2_find_clear(const uint8_t *bitmap, uint32_t from, uint32_t end)
{
    uint32_t bit = from;

    while (bit < end) {
        /* A word at a time; in a little-endian word, bit i of the word is bit i of the bitmap. */
        uint64_t word = ((const uint64_t *)bitmap)[bit / 64];
        uint64_t clear = ~word >> (bit % 64);

        if (clear)
            return min(bit + (uint32_t)__builtin_ctzll(clear), end);
        bit = (bit | 63) + 1;
    }
    return end;
}

int ext2_change_bit(struct ext2_volume *vol, uint32_t block, uint32_t bit, bool use)
{
    struct page *page = ext2_bread_patiently(vol, block);
    uint8_t *bitmap, mask = (uint8_t)(1u << bit % 8);
    bool in_use;

    if (IS_ERR(page))
        return (int)PTR_ERR(page);
    bitmap = kmap_local(page);
    in_use = bitmap[bit / 8] & mask;
    if (in_use != use) {
        bitmap[bit / 8] ^= mask;
        mark_page_dirty(page);
    }
    kunmap_local(bitmap);
    put_page(page);
    return in_use == use;
}

int ext2_test_bit(struct ext2_volume *vol, uint32_t block, uint32_t bit)
{
    struct page *page = bread(vol->bdev, block);
    uint8_t *bitmap;
    int value;

    if (IS_ERR(page))
        return (int)PTR_ERR(page);
    bitmap = kmap_local(page);
    value = bitmap[bit / 8] >> bit % 8 & 1;
    kunmap_local(bitmap);
    put_page(page);
    return value;
}

int ext2_take_bit(struct ext2_volume *vol, uint32_t block, uint32_t goal, uint32_t end,
                  uint32_t *bit)
{
    struct page *page = bread(vol->bdev, block);
    uint8_t *bitmap;

    if (IS_ERR(page))
        return (int)PTR_ERR(page);
    bitmap = kmap_local(page);
    *bit = ext2_find_clear(bitmap, goal, end);
    if (*bit == end && goal > 0) {
        *bit = ext2_find_clear(bitmap, 0, goal);
        if (*bit == goal)
            *bit = end;
    }
    if (*bit < end) {
        bitmap[*bit / 8] |= (uint8_t)(1u << *bit % 8);
        mark_page_dirty(page);
    }
    kunmap_local(bitmap);
    put_page(page);
    return *bit == end;
}
