/* SPDX-License-Identifier: MIT */
/* What bench measures: each does its operation n times. */
#ifndef USER_BENCH_H
#define USER_BENCH_H

#define PAGE 4096

/* vmas.c: the same at 64, 1024 and 16384 areas. */
#define FOR_EACH_COUNT(X, arg) X(arg, 64) X(arg, 1024) X(arg, 16384)
#define DECLARE(name, count)   void do_vmas_##name##count(long n);
FOR_EACH_COUNT(DECLARE, map)
FOR_EACH_COUNT(DECLARE, room)
FOR_EACH_COUNT(DECLARE, protect)
FOR_EACH_COUNT(DECLARE, fault)
#undef DECLARE

#endif
