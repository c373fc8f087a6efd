/* SPDX-License-Identifier: MIT */
/*
 * Signal frames as Linux on x86-64 lays them out; C libraries and unwinders know them. From the
 * handler's stack pointer upward: the address of the restorer, which the handler returns to;
 * ucontext; siginfo; and aligned to 64 bytes, where sigcontext points, the floating-point state.
 */
#include <arch/sigframe.h>

#include <arch/cpu.h>
#include <arch/trap.h>
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/regs.h"
#include "kernel/errno.h"
#include "kernel/string.h"
#include "kernel/uabi.h"
#include "mm/uaccess.h"

/* ucontext's flags: the FPU state is in XSAVE's format; ss is there, and to be restored. */
enum {
    UC_FP_XSTATE = 1,
    UC_SIGCONTEXT_SS = 2,
    UC_STRICT_RESTORE_SS = 4
};

struct sigcontext {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    uint16_t cs, gs, fs, ss;
    uint64_t error, vector, oldmask, cr2; /* of the trap the signal is about */
    uint64_t fpstate;                     /* its address; 0: initial registers */
    uint64_t reserved[8];
};
_Static_assert(sizeof(struct sigcontext) == 256, "sigcontext");

struct ucontext {
    uint64_t flags, link;
    struct sigaltstack stack;
    struct sigcontext mcontext;
    uint64_t mask;
};
_Static_assert(sizeof(struct ucontext) == 304, "ucontext");

struct sigframe {
    uint64_t restorer;
    struct ucontext uc;
    struct siginfo info;
};

/*
 * What the bytes of the legacy area that are software's say: there is XSAVE state behind it, of so
 * many bytes, and then a last word that says so again.
 */
struct fpu_software {
    uint32_t magic1, extended_size;
    uint64_t components;
    uint32_t size;
    uint32_t reserved[7];
};
_Static_assert(sizeof(struct fpu_software) == sizeof(((struct fpu_area *)0)->software), "FXSAVE");
#define FP_XSTATE_MAGIC1 0x46505853u
#define FP_XSTATE_MAGIC2 0x46505845u

/* What a frame says of RFLAGS; the rest stays as it is (IF set, IOPL 0). */
#define RFLAGS_USER (0xcd5ul /* CF PF AF ZF SF DF OF */ | RFLAGS_TF | RFLAGS_RF | RFLAGS_AC)

static int push_fpu(struct arch_fpu *fpu, uaddr_t at)
{
    const uint32_t magic2 = FP_XSTATE_MAGIC2;
    size_t size = fpu_size();
    struct fpu_software software = {0};

    if (fpu_components)
        software = (struct fpu_software){
            .magic1 = FP_XSTATE_MAGIC1,
            .extended_size = (uint32_t)(size + sizeof(magic2)),
            .components = fpu_components,
            .size = (uint32_t)size,
        };
    fpu_save_all(fpu);
    memcpy(fpu_area(fpu)->software, &software, sizeof(software));
    if (copy_to_user(at, fpu->area, size))
        return -EFAULT;
    return fpu_components ? put_user(at + size, magic2) : 0;
}

/* Where it goes, below `sp`. */
static uaddr_t fpu_place(vaddr_t sp)
{
    return ALIGN_DOWN(sp - fpu_size() - (fpu_components ? sizeof(uint32_t) : 0), 64);
}

static bool has_xstate(const struct fpu_area *area, uaddr_t at)
{
    struct fpu_software software;
    uint32_t magic2;

    memcpy(&software, area->software, sizeof(software));
    return fpu_components && software.magic1 == FP_XSTATE_MAGIC1 && software.size == fpu_size() &&
           get_user(magic2, at + fpu_size()) == 0 && magic2 == FP_XSTATE_MAGIC2;
}

/*
 * The state at `at`, in XSAVE's format or, when the marks of that are gone, FXSAVE's. It is first
 * complete in a place of its own: the task's is written to whenever it sleeps.
 */
static int pop_fpu(struct arch_fpu *fpu, uaddr_t at)
{
    struct arch_fpu state;
    struct fpu_area *area = fpu_area(&state);

    fpu_set_initial(area);
    if (at) {
        if (copy_from_user(area, at, FPU_LEGACY_SIZE))
            return -EFAULT;
        if (!has_xstate(area, at))
            area->xstate_bv = 3;
        else if (copy_from_user(area, at, fpu_size()))
            return -EFAULT;
        fpu_sanitize(area);
    }
    *fpu = state;
    return 0;
}

static struct sigcontext save_context(const struct trapframe *tf, uint64_t mask)
{
    return (struct sigcontext){
        .r8 = tf->r8,
        .r9 = tf->r9,
        .r10 = tf->r10,
        .r11 = tf->r11,
        .r12 = tf->r12,
        .r13 = tf->r13,
        .r14 = tf->r14,
        .r15 = tf->r15,
        .rdi = tf->rdi,
        .rsi = tf->rsi,
        .rbp = tf->rbp,
        .rbx = tf->rbx,
        .rdx = tf->rdx,
        .rax = tf->rax,
        .rcx = tf->rcx,
        .rsp = tf->rsp,
        .rip = tf->rip,
        .rflags = tf->rflags,
        .cs = (uint16_t)tf->cs,
        .ss = (uint16_t)tf->ss,
        .error = tf->error,
        .vector = tf->vector < DEVICE_VECTOR ? tf->vector : 0,
        .oldmask = mask,
        /* Behind any other trap, CR2 is of the last fault on this CPU, whosever that was. */
        .cr2 = tf->vector == PAGE_FAULT_VECTOR ? tf->address : 0,
    };
}

/* Segments are not the program's to choose, nor is what RFLAGS has of the system. */
static void load_context(struct trapframe *tf, const struct sigcontext *sc)
{
    *tf = (struct trapframe){
        .r8 = sc->r8,
        .r9 = sc->r9,
        .r10 = sc->r10,
        .r11 = sc->r11,
        .r12 = sc->r12,
        .r13 = sc->r13,
        .r14 = sc->r14,
        .r15 = sc->r15,
        .rdi = sc->rdi,
        .rsi = sc->rsi,
        .rbp = sc->rbp,
        .rbx = sc->rbx,
        .rdx = sc->rdx,
        .rax = sc->rax,
        .rcx = sc->rcx,
        .rip = sc->rip,
        .cs = USER_CS,
        .rflags = (sc->rflags & RFLAGS_USER) | (tf->rflags & ~RFLAGS_USER),
        .rsp = sc->rsp,
        .ss = USER_DS,
    };
}

int arch_push_sigframe(struct trapframe *tf, struct arch_fpu *fpu, const struct sigcall *call)
{
    const struct k_sigaction *action = &call->action;
    uaddr_t state = fpu_place(call->sp);
    /* At a function's first instruction rsp + 8 is aligned to 16. */
    uaddr_t at = ALIGN_DOWN(state - sizeof(struct sigframe), 16) - 8;
    struct sigframe frame = {
        .restorer = action->flags & ARCH_SA_RESTORER ? action->restorer : call->sigreturn,
        .uc = {.flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS,
               .stack = call->altstack,
               .mcontext = save_context(tf, call->mask),
               .mask = call->mask},
        .info = call->info,
    };

    if (!frame.restorer || at <= call->floor)
        return -EFAULT;
    if (fpu_components)
        frame.uc.flags |= UC_FP_XSTATE;
    frame.uc.mcontext.fpstate = state;
    if (push_fpu(fpu, state) || copy_to_user(at, &frame, sizeof(frame)))
        return -EFAULT;

    /* What the program left there (a pending x87 error, say) is not the handler's. */
    fpu_begin(fpu);
    tf->rip = action->handler;
    tf->rsp = at;
    tf->rflags &= ~(uint64_t)(RFLAGS_DF | RFLAGS_TF | RFLAGS_RF);
    tf->rax = 0; /* a handler may be declared without its parameters: al counts vector arguments */
    tf->rdi = (uint64_t)call->info.si_signo;
    tf->rsi = at + offsetof(struct sigframe, info);
    tf->rdx = at + offsetof(struct sigframe, uc);
    return 0;
}

int arch_pop_sigframe(struct trapframe *tf, struct arch_fpu *fpu, uint64_t *mask,
                      struct sigaltstack *altstack)
{
    struct sigframe frame;

    /* The handler's return has taken the restorer's address from the stack. */
    if (copy_from_user(&frame, tf->rsp - sizeof(frame.restorer), sizeof(frame)) ||
        pop_fpu(fpu, frame.uc.mcontext.fpstate))
        return -EFAULT;
    load_context(tf, &frame.uc.mcontext);
    fpu_load(fpu);
    *mask = frame.uc.mask;
    *altstack = frame.uc.stack;
    return 0;
}

size_t arch_sigframe_size(void)
{
    /* The red zone, the FPU state with its last word, aligned; the frame, aligned. */
    return ARCH_RED_ZONE + fpu_size() + sizeof(uint32_t) + 63 + sizeof(struct sigframe) + 15;
}
