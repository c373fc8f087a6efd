/* SPDX-License-Identifier: MIT */
/* sys/ioctl.h: terminal requests in asm-generic's numbers. */
#ifndef SYS_IOCTL_H
#define SYS_IOCTL_H

#define TCGETS       0x5401
#define TCSETS       0x5402
#define TCSETSW      0x5403
#define TCSETSF      0x5404
#define TIOCSCTTY    0x540e
#define TIOCGPGRP    0x540f
#define TIOCSPGRP    0x5410
#define TIOCGWINSZ   0x5413
#define TIOCSWINSZ   0x5414
#define FIONREAD     0x541b
#define TIOCNOTTY    0x5422
#define TIOCGSID     0x5429
#define BLKGETSIZE64 0x80081272

struct winsize {
    unsigned short ws_row, ws_col, ws_xpixel, ws_ypixel;
};

int ioctl(int fd, unsigned long request, ...);

#endif
