/* SPDX-License-Identifier: MIT */
/*
 * The codec for page-table entries: another port's, whichever the build names. HOST_CODEC is the
 * path of its pte.h; what else that wants (SV, LA57) is defined beside it. So every format is
 * tested here.
 */
#ifndef HOST_PTE_H
#define HOST_PTE_H

#include HOST_CODEC

#endif
