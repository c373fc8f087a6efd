/* SPDX-License-Identifier: MIT */
/* Signal frames as Linux on RISC-V lays them out; C libraries and unwinders know them. */
#include <arch/sigframe.h>

#include <arch/switch.h>
#include <arch/trap.h>
#include "kernel/errno.h"
#include "kernel/string.h"
#include "mm/uaccess.h"

struct sigcontext {
    uint64_t regs[32]; /* pc, then x1 to x31 */
    uint64_t f[32];
    uint32_t fcsr;
    uint32_t reserved[67]; /* the rest of the room that wider formats would take */
};
_Static_assert(sizeof(struct sigcontext) == 256 + 528, "mcontext_t");

struct ucontext {
    uint64_t flags, link;
    struct sigaltstack stack;
    uint64_t mask;
    uint8_t unused[120];
    uint64_t align;
    struct sigcontext mcontext;
} __aligned(16);
_Static_assert(offsetof(struct ucontext, mcontext) == 176, "ucontext_t");

struct sigframe {
    struct siginfo info;
    struct ucontext uc;
};

int arch_push_sigframe(struct trapframe *tf, struct arch_fpu *fpu, const struct sigcall *call)
{
    uaddr_t at = ALIGN_DOWN(call->sp - sizeof(struct sigframe), 16);
    struct sigframe frame = {.info = call->info, .uc.mask = call->mask, .uc.stack = call->altstack};
    struct sigcontext *sc = &frame.uc.mcontext;

    if (at <= call->floor)
        return -EFAULT;
    fpu_save(fpu, tf);
    memcpy(sc->regs, tf->x, sizeof(sc->regs));
    sc->regs[0] = tf->pc;
    memcpy(sc->f, fpu->f, sizeof(sc->f));
    sc->fcsr = (uint32_t)fpu->fcsr;
    if (copy_to_user(at, &frame, sizeof(frame)))
        return -EFAULT;

    tf->pc = call->action.handler;
    tf->x[1] = call->sigreturn;
    tf->x[2] = at;
    tf->x[10] = (uint64_t)call->info.si_signo;
    tf->x[11] = at + offsetof(struct sigframe, info);
    tf->x[12] = at + offsetof(struct sigframe, uc);
    return 0;
}

int arch_pop_sigframe(struct trapframe *tf, struct arch_fpu *fpu, uint64_t *mask,
                      struct sigaltstack *altstack)
{
    struct sigframe frame;
    const struct sigcontext *sc = &frame.uc.mcontext;

    if (copy_from_user(&frame, tf->x[2], sizeof(frame)))
        return -EFAULT;
    memcpy(tf->x + 1, sc->regs + 1, sizeof(sc->regs) - sizeof(sc->regs[0]));
    tf->pc = sc->regs[0];
    memcpy(fpu->f, sc->f, sizeof(fpu->f));
    fpu->fcsr = sc->fcsr & 0xff;
    fpu_restore(fpu, tf);
    *mask = frame.uc.mask;
    *altstack = frame.uc.stack;
    return 0;
}

size_t arch_sigframe_size(void)
{
    return sizeof(struct sigframe) + 15; /* to be aligned */
}
