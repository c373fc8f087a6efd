/* SPDX-License-Identifier: MIT */
/* Timers and clocks: see kernel/time.h. */
#include "kernel/time.h"

#include "kernel/sched.h"

struct cpu_timers {
    struct spinlock lock; /* RANK_TIMER, interrupts off */
    struct rb_root tree;
    struct timer *running; /* whose fn is being called */
    _Atomic ktime_t next;  /* expiry of the first, or KTIME_NEVER; read without the lock */
    ktime_t slice_end;     /* of the running task; this CPU only, interrupts off */
} __aligned(64);

static struct cpu_timers cpu_timers[MAX_CPUS];
static int64_t boot_wall_clock; /* ns */

#define timer_of(n) rb_entry(n, struct timer, node)

void time_init(void)
{
    for (unsigned i = 0; i < MAX_CPUS; i++) {
        spin_lock_init(&cpu_timers[i].lock, "timers", RANK_TIMER);
        atomic_init(&cpu_timers[i].next, KTIME_NEVER);
        cpu_timers[i].slice_end = KTIME_NEVER;
    }
}

void time_init_wall_clock(void)
{
    boot_wall_clock = arch_wall_clock() * NSEC_PER_SEC - arch_clock();
}

int64_t wall_clock(void)
{
    return boot_wall_clock + arch_clock();
}

void set_wall_clock(int64_t ns)
{
    boot_wall_clock = ns - arch_clock();
}

/* The hardware timer follows whichever comes first. This CPU's; interrupts off. */
static void program(struct cpu_timers *ct)
{
    arch_timer_set(min(ct->slice_end, atomic_load(&ct->next)));
}

static void update_next(struct cpu_timers *ct)
{
    struct rb_node *first = rb_first(&ct->tree);
    atomic_store(&ct->next, first ? timer_of(first)->expires : KTIME_NEVER);
}

void timer_start(struct timer *t, ktime_t expires, void (*fn)(struct timer *))
{
    irqflags_t flags = arch_irq_save();
    struct cpu_timers *ct = &cpu_timers[this_cpu()->id];
    struct rb_node **link = &ct->tree.node, *parent = NULL;

    t->expires = expires;
    t->fn = fn;
    spin_lock(&ct->lock);
    t->cpu = (int)this_cpu()->id;
    t->queued = true;
    while (*link) {
        parent = *link;
        link = expires < timer_of(parent)->expires ? &parent->left : &parent->right;
    }
    rb_link(&t->node, parent, link);
    rb_insert(&ct->tree, &t->node, NULL);
    update_next(ct);
    spin_unlock(&ct->lock);
    program(ct);
    arch_irq_restore(flags);
}

void timer_cancel(struct timer *t)
{
    int cpu = READ_ONCE(t->cpu);
    if (cpu < 0)
        return;

    struct cpu_timers *ct = &cpu_timers[cpu];
    irqflags_t flags = spin_lock_irqsave(&ct->lock);
    if (t->queued) {
        rb_erase(&ct->tree, &t->node, NULL);
        t->queued = false;
        update_next(ct);
    }
    while (ct->running == t) {
        spin_unlock(&ct->lock);
        arch_relax();
        spin_lock(&ct->lock);
    }
    spin_unlock_irqrestore(&ct->lock, flags);
}

/* Takes the first timer that is due off the tree, and marks it running. */
static struct timer *take_expired(struct cpu_timers *ct, ktime_t now)
{
    struct timer *t = NULL;

    spin_lock(&ct->lock);
    ct->running = NULL;
    if (atomic_load(&ct->next) <= now) {
        t = timer_of(rb_first(&ct->tree));
        rb_erase(&ct->tree, &t->node, NULL);
        t->queued = false;
        ct->running = t;
        update_next(ct);
    }
    spin_unlock(&ct->lock);
    return t;
}

void timer_interrupt(void)
{
    struct cpu_timers *ct = &cpu_timers[this_cpu()->id];
    ktime_t now = arch_clock();
    struct timer *t;

    while ((t = take_expired(ct, now)))
        t->fn(t);
    if (now >= ct->slice_end) {
        ct->slice_end = KTIME_NEVER;
        sched_tick();
    }
    program(ct);
}

void timer_new_slice(bool want_slice)
{
    struct cpu_timers *ct = &cpu_timers[this_cpu()->id];

    ct->slice_end = want_slice ? arch_clock() + TIME_SLICE : KTIME_NEVER;
    program(ct);
}

/* --- sleeping --- */

static void wake_sleeping_task(struct timer *t)
{
    wake_up_task(container_of(t, struct wake_timer, timer)->task, WAKE_NORMAL);
}

void wake_timer_start(struct wake_timer *t, ktime_t when)
{
    *t = (struct wake_timer){.timer.cpu = -1, .task = current};
    timer_start(&t->timer, when, wake_sleeping_task);
}

struct sleeper {
    struct timer timer;
    struct wait_queue wait;
    atomic_bool done;
};

static void wake_sleeper(struct timer *t)
{
    struct sleeper *s = container_of(t, struct sleeper, timer);

    atomic_store(&s->done, true);
    wake_up_all(&s->wait);
}

int sleep_until(ktime_t when)
{
    struct sleeper s = {.timer.cpu = -1};

    wait_queue_init(&s.wait);
    timer_start(&s.timer, when, wake_sleeper);
    int ret = wait_event_interruptible(&s.wait, atomic_load(&s.done));
    timer_cancel(&s.timer);
    return ret;
}
