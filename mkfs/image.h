/* SPDX-License-Identifier: MIT */
/*
 * The image file. It is written under a temporary name in the same directory and renamed at the
 * very end; whatever ends the run before, short of SIGKILL, removes it. What is never written is a
 * hole. There is one image a run.
 */
#ifndef MKFS_IMAGE_H
#define MKFS_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* Start the image that will be called path, of that many 4 KiB blocks. */
void image_create(const char *path, uint64_t blocks);

/* Write size bytes at offset, in bytes from the start of the image. */
void image_write(uint64_t offset, const void *data, size_t size);

/* Write one whole block. */
void image_write_block(uint32_t block, const void *data);

/* The image is complete: give it its name. */
void image_commit(void);

#endif
