/* SPDX-License-Identifier: MIT */
/* sys/auxv.h: the auxiliary vector that the kernel puts behind the environment at exec. */
#ifndef SYS_AUXV_H
#define SYS_AUXV_H

#include <elf.h>

/* 0 with errno ENOENT for a type that the kernel did not give. */
unsigned long getauxval(unsigned long type);

#endif
