/* SPDX-License-Identifier: MIT */
/*
 * Signals: sending, and acting on what is pending on the way back to user code. A signal that is
 * ignored when it is sent leaves no trace.
 */
#include "kernel/signal.h"

#include <arch/sigframe.h>
#include <arch/trap.h>
#include "kernel/errno.h"
#include "kernel/main.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "mm/mm.h"
#include "mm/vdso.h"

#define STOP_SIGNALS (SIGMASK(SIGSTOP) | SIGMASK(SIGTSTP) | SIGMASK(SIGTTIN) | SIGMASK(SIGTTOU))
#define IGNORED_BY_DEFAULT                                                                         \
    (SIGMASK(SIGCHLD) | SIGMASK(SIGURG) | SIGMASK(SIGWINCH) | SIGMASK(SIGCONT))

bool sig_ignored(const struct task_struct *t, int signo)
{
    uint64_t handler = READ_ONCE(t->sig.action[signo - 1].handler);

    if (handler == SIG_DFL)
        return SIGMASK(signo) & IGNORED_BY_DEFAULT || t == init_task;
    return handler == SIG_IGN && !(SIGMASK(signo) & UNBLOCKABLE);
}

static uint64_t deliverable(const struct task_struct *t)
{
    return atomic_load(&t->sig.pending) & ~atomic_load(&t->sig.blocked);
}

bool signal_pending(struct task_struct *t)
{
    return deliverable(t) != 0;
}

bool fatal_signal_pending(struct task_struct *t)
{
    return atomic_load(&t->sig.pending) & SIGMASK(SIGKILL);
}

struct sig_origin from_process(void)
{
    return (struct sig_origin){.code = SI_USER, .pid = current->tgid};
}

/* A child has stopped or goes on, by this signal. tasklist_lock held. */
static void tell_parent(struct task_struct *t, int code, int signo)
{
    struct task_struct *parent = t->parent;

    if (!parent)
        return;
    if (!(parent->sig.action[SIGCHLD - 1].flags & SA_NOCLDSTOP))
        send_signal(parent, SIGCHLD, (struct sig_origin){code, t->tgid, signo});
    wake_up_all(&parent->child_wait);
}

/* Whoever stopped goes on, and who was about to does not, whatever becomes of SIGCONT itself. */
static void continue_task(struct task_struct *t)
{
    atomic_fetch_and(&t->sig.pending, ~STOP_SIGNALS);
    if (!wake_up_task(t, 1u << TASK_STOPPED))
        return;
    t->stop_signal = 0;
    t->continued = true;
    tell_parent(t, CLD_CONTINUED, SIGCONT);
}

void send_signal(struct task_struct *t, int signo, struct sig_origin origin)
{
    if (signo == 0 || t->kthread)
        return;
    if (signo == SIGCONT)
        continue_task(t);
    else if (SIGMASK(signo) & STOP_SIGNALS)
        atomic_fetch_and(&t->sig.pending, ~SIGMASK(SIGCONT));
    if (sig_ignored(t, signo))
        return;
    t->sig.origin[signo - 1] = origin;
    atomic_fetch_or(&t->sig.pending, SIGMASK(signo));
    if (SIGMASK(signo) & atomic_load(&t->sig.blocked))
        return;
    wake_up_task(t, signo == SIGKILL ? WAKE_TO_DIE : 1u << TASK_INTERRUPTIBLE);
    /* One that computes on another CPU notices when it is made to reschedule. */
    if (t != current && atomic_load(&t->on_cpu)) {
        atomic_store(&cpus[t->cpu].need_resched, true);
        arch_ipi_reschedule(t->cpu);
    }
}

int kill_pgrp(pid_t pgrp, int signo, struct sig_origin origin)
{
    struct task_struct *t;
    int ret = -ESRCH;

    spin_lock(&tasklist_lock);
    for_each_task (t) {
        if (t->pgrp != pgrp || t->kthread)
            continue;
        ret = max(ret, 0);
        if (t->exiting)
            continue;
        send_signal(t, signo, origin);
        ret++;
    }
    spin_unlock(&tasklist_lock);
    return ret;
}

void force_signal(int signo, int code, uaddr_t addr)
{
    struct task_struct *t = current;

    t->sig.fault = (struct siginfo){.si_signo = signo, .si_code = code, .si_addr = addr};
    /* Not even if the instruction was a system call about to be made anew: it was not reached. */
    t->sig.restart = 0;
    if (atomic_load(&t->sig.blocked) & SIGMASK(signo) || sig_ignored(t, signo))
        t->sig.action[signo - 1].handler = SIG_DFL;
    atomic_fetch_and(&t->sig.blocked, ~SIGMASK(signo));
    atomic_fetch_or(&t->sig.pending, SIGMASK(signo));
}

void user_exception(struct trapframe *tf, int signal, int code, vaddr_t addr, const char *what)
{
    if (!signal_is_caught(signal))
        pr_warn("pid %d (%s): %s, pc %#lx\n", current->pid, current->comm, what, tf_pc(tf));
    force_signal(signal, code, addr);
}

/*
 * Takes the signal, and sleeps until SIGCONT or SIGKILL; the parent is told. It is still pending
 * until the lock is held: a SIGCONT that came in between has taken it back.
 */
static void stop(int signo)
{
    struct task_struct *t = current;

    spin_lock(&tasklist_lock);
    if (!(atomic_fetch_and(&t->sig.pending, ~SIGMASK(signo)) & SIGMASK(signo))) {
        spin_unlock(&tasklist_lock);
        return;
    }
    t->stop_signal = signo;
    t->continued = false;
    tell_parent(t, CLD_STOPPED, signo);
    atomic_store(&t->state, TASK_STOPPED);
    spin_unlock(&tasklist_lock);
    if (fatal_signal_pending(t))
        atomic_store(&t->state, TASK_RUNNING);
    schedule();
}

void signals_reset(struct task_struct *t)
{
    for (int i = 0; i < NSIG; i++)
        if (t->sig.action[i].handler != SIG_IGN)
            t->sig.action[i] = (struct k_sigaction){0};
    t->sig.altstack = (struct sigaltstack){.ss_flags = SS_DISABLE};
}

/* What the handler is told: of a fault, or of who sent the signal. */
static struct siginfo take_info(struct task_struct *t, int signo)
{
    const struct sig_origin *origin = &t->sig.origin[signo - 1];
    struct siginfo info = {.si_signo = signo,
                           .si_code = origin->code,
                           .si_pid = origin->pid,
                           .si_status = origin->status};

    if (t->sig.fault.si_signo == signo) {
        info = t->sig.fault;
        t->sig.fault.si_signo = 0;
    }
    return info;
}

/*
 * Where the frame goes: below *sp, and above `floor`. That is the alternate stack, from its end
 * unless the program is on it already; a frame that it has no room for would be on somebody else's
 * memory.
 */
static void place_frame(struct task_struct *t, const struct trapframe *tf, struct sigcall *call)
{
    const struct sigaltstack *alt = &t->sig.altstack;
    bool nested = on_altstack(alt, tf_sp(tf));
    bool enters = !nested && (call->action.flags & SA_ONSTACK) && alt->ss_size > 0;

    call->sp = enters ? alt->ss_sp + alt->ss_size : tf_sp(tf) - ARCH_RED_ZONE;
    call->floor = nested || enters ? alt->ss_sp : 0;
}

/* Makes the return to user code a call of the program's handler. */
static void call_handler(struct task_struct *t, struct trapframe *tf, int signo)
{
    struct k_sigaction *slot = &t->sig.action[signo - 1], action = *slot;
    uint64_t blocked = atomic_load(&t->sig.blocked);
    struct sigcall call = {
        .info = take_info(t, signo),
        .action = action,
        .altstack = t->sig.altstack,
        .mask = t->sig.restore_mask ? t->sig.saved_mask : blocked,
        .sigreturn = vdso_sigreturn_address(t->mm),
    };

    /* A call that was cut short and is not to be made anew has ended with -EINTR. */
    if (t->sig.restart == ERESTARTNOHAND ||
        (t->sig.restart == ERESTARTSYS && !(action.flags & SA_RESTART))) {
        tf_skip_syscall(tf);
        tf_set_result(tf, -EINTR);
    }
    t->sig.restart = 0;
    if (action.flags & SA_RESETHAND)
        *slot = (struct k_sigaction){0};
    place_frame(t, tf, &call);
    if (arch_push_sigframe(tf, &t->fpu, &call)) {
        /* That is a fault as well; its handler may have a better stack. */
        if (signo == SIGSEGV)
            do_exit(SIGSEGV);
        force_signal(SIGSEGV, SI_KERNEL, 0);
        return;
    }
    t->sig.restore_mask = false;
    if (call.altstack.ss_flags & SS_AUTODISARM)
        t->sig.altstack = (struct sigaltstack){.ss_flags = SS_DISABLE};
    blocked |= action.mask | (action.flags & SA_NODEFER ? 0 : SIGMASK(signo));
    atomic_store(&t->sig.blocked, blocked & ~UNBLOCKABLE);
}

/* Not what force_signal() sent, nor the SIGKILL that got as far as this, be it for process 1. */
static bool may_ignore(const struct task_struct *t, int signo)
{
    return sig_ignored(t, signo) && signo != SIGKILL && signo != t->sig.fault.si_signo;
}

/*
 * Of several, first the one that the program's own last instruction caused: its handler is to find
 * the registers as they were then.
 */
static int choose_signal(const struct task_struct *t, uint64_t pending)
{
    int fault = t->sig.fault.si_signo;

    if (pending & SIGMASK(SIGKILL))
        return SIGKILL;
    if (fault && pending & SIGMASK(fault))
        return fault;
    return __builtin_ctzll(pending) + 1;
}

void do_signals(struct trapframe *tf)
{
    struct task_struct *t = current;
    uint64_t pending;

    while ((pending = deliverable(t))) {
        int signo = choose_signal(t, pending);
        bool ignore = may_ignore(t, signo), handled = t->sig.action[signo - 1].handler > SIG_IGN;

        if (SIGMASK(signo) & STOP_SIGNALS && !ignore && !handled) {
            stop(signo);
            continue;
        }
        atomic_fetch_and(&t->sig.pending, ~SIGMASK(signo));
        if (handled)
            call_handler(t, tf, signo);
        else if (!ignore)
            do_exit(signo);
    }
    /* No handler's frame brings it back. */
    if (t->sig.restore_mask) {
        t->sig.restore_mask = false;
        atomic_store(&t->sig.blocked, t->sig.saved_mask);
    }
}

bool signal_work(const struct task_struct *t)
{
    return deliverable(t) != 0 || t->sig.restore_mask;
}

void block_for_now(uint64_t mask)
{
    struct signals *sig = &current->sig;

    sig->saved_mask = atomic_load(&sig->blocked);
    sig->restore_mask = true;
    atomic_store(&sig->blocked, mask & ~UNBLOCKABLE);
}
