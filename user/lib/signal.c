/* SPDX-License-Identifier: MIT */
/* Signals. A set is one word; the kernel wants its size, 8 bytes, with every set. */
#include "internal.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>

#define SET_SIZE sizeof(sigset_t)

int kill(pid_t pid, int sig)
{
    return sys(SYS_kill, pid, sig);
}

int killpg(pid_t pgid, int sig)
{
    return kill(-pgid, sig);
}

int raise(int sig)
{
    return kill(getpid(), sig);
}

int sigaction(int sig, const struct sigaction *restrict act, struct sigaction *restrict old)
{
    struct ksigaction new = {0}, was;

    if (act) {
        new.handler = act->sa_handler;
        new.flags = (unsigned int)act->sa_flags | ARCH_SA_RESTORER;
        new.mask = act->sa_mask.bits;
        ksigaction_set_restorer(&new, __sigreturn);
    }
    if (sys(SYS_rt_sigaction, sig, act ? &new : NULL, old ? &was : NULL, SET_SIZE) < 0)
        return -1;
    if (old) {
        old->sa_handler = was.handler;
        old->sa_flags = was.flags & ~ARCH_SA_RESTORER;
        old->sa_mask.bits = was.mask;
    }
    return 0;
}

sighandler_t signal(int sig, sighandler_t handler)
{
    struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;

    return sigaction(sig, &act, &old) < 0 ? SIG_ERR : old.sa_handler;
}

int sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
    return sys(SYS_rt_sigprocmask, how, set, old, SET_SIZE);
}

int sigaltstack(const stack_t *restrict stack, stack_t *restrict old)
{
    return sys(SYS_sigaltstack, stack, old);
}

int sigpending(sigset_t *set)
{
    return sys(SYS_rt_sigpending, set, SET_SIZE);
}

int sigsuspend(const sigset_t *mask)
{
    return sys(SYS_rt_sigsuspend, mask, SET_SIZE);
}

/* There is no such call in every ABI: suspend under the mask that we have. */
int pause(void)
{
    sigset_t mask;

    return sigprocmask(SIG_BLOCK, NULL, &mask) < 0 ? -1 : sigsuspend(&mask);
}

unsigned int alarm(unsigned int seconds)
{
    struct itimerval timer = {.it_value.tv_sec = seconds}, old = {0};

    setitimer(ITIMER_REAL, &timer, &old);
    return old.it_value.tv_sec + (old.it_value.tv_usec > 0);
}

int setitimer(int which, const struct itimerval *restrict new, struct itimerval *restrict old)
{
    return sys(SYS_setitimer, which, new, old);
}

int sigemptyset(sigset_t *set)
{
    set->bits = 0;
    return 0;
}

int sigfillset(sigset_t *set)
{
    set->bits = ~0UL;
    return 0;
}

static int valid(int sig)
{
    if (sig > 0 && sig < NSIG)
        return 1;
    errno = EINVAL;
    return 0;
}

int sigaddset(sigset_t *set, int sig)
{
    if (!valid(sig))
        return -1;
    set->bits |= 1UL << (sig - 1);
    return 0;
}

int sigdelset(sigset_t *set, int sig)
{
    if (!valid(sig))
        return -1;
    set->bits &= ~(1UL << (sig - 1));
    return 0;
}

int sigismember(const sigset_t *set, int sig)
{
    return valid(sig) ? (int)(set->bits >> (sig - 1) & 1) : -1;
}

void __sigsave(sigjmp_buf env, int save)
{
    env->saved = save;
    if (save)
        raw(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &env->mask, SET_SIZE);
}

void siglongjmp(sigjmp_buf env, int value)
{
    if (env->saved)
        raw(SYS_rt_sigprocmask, SIG_SETMASK, &env->mask, NULL, SET_SIZE);
    longjmp(env->registers, value);
}
