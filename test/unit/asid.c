/* SPDX-License-Identifier: MIT */
/*
 * Numbers for address spaces, against TLBs that remember everything: under each number, whose
 * translations a CPU may hold, and from when. Few numbers, so that generations end often.
 */
#include <arch/tlb.h>
#include "arch/host/host.h"
#include "kernel/cpu.h"
#include "mm/asid.h"
#include "test/unit/unit.h"

#define NR_SPACES   16
#define MAX_NUMBERS 16

static struct space {
    struct mm_asid asid;
    unsigned long life;  /* another address space at the same place has another one */
    unsigned long epoch; /* counts its flushes */
} spaces[NR_SPACES];

/* What a CPU may hold under one number: translations of an address space, some time in its life. */
struct held {
    const struct space *space; /* NULL: nothing */
    unsigned long life, epoch;
};

static struct model_cpu {
    struct held held[MAX_NUMBERS];
    struct space *runs;
    unsigned number;
} model[MAX_CPUS];

static unsigned long nr_numbers, nr_lives, nr_forgets, nr_forgets_one;

static struct model_cpu *here(void)
{
    return &model[this_cpu()->id];
}

/* Whatever it holds there must be of this address space, and as it is now. */
static void run_under(struct model_cpu *cpu, struct space *space, unsigned number)
{
    struct held *held = &cpu->held[number];

    CHECK(nr_numbers ? number < nr_numbers && (number == 0) == (space == NULL) : number == 0);
    cpu->runs = space;
    cpu->number = number;
    if (!space)
        return;
    CHECK(!held->space ||
          (held->space == space && held->life == space->life && held->epoch == space->epoch));
    *held = (struct held){space, space->life, space->epoch};
}

/* The hardware. A root is an address space's index, so that a load during a flush is understood. */
void tlb_load_root(paddr_t root, unsigned number, enum asid_forget forget)
{
    if (forget == FORGET_NUMBER) {
        nr_forgets_one++;
        here()->held[number].space = NULL;
    }
    if (forget == FORGET_ALL) {
        nr_forgets++;
        for (unsigned i = 0; i < MAX_NUMBERS; i++)
            here()->held[i].space = NULL;
    }
    run_under(here(), root == NR_SPACES ? NULL : &spaces[root], number);
}

static void switch_to_space(struct space *space)
{
    asid_switch(space ? &space->asid : NULL, space ? (paddr_t)(space - spaces) : NR_SPACES);
    CHECK(here()->runs == space);
}

static bool runs_somewhere(const struct space *space)
{
    for (unsigned i = 0; i < MAX_CPUS; i++)
        if (model[i].runs == space)
            return true;
    return false;
}

/* It goes, unflushed, and another takes its place in memory. */
static void replace(struct space *space)
{
    if (runs_somewhere(space))
        return;
    space->life = ++nr_lives;
    asid_mm_init(&space->asid);
}

/* The CPUs forget that number; what runs there goes on, with what is true now. */
static void forget_on(unsigned long cpus, unsigned number, struct space *space)
{
    for (unsigned i = 0; i < MAX_CPUS; i++) {
        if (!(cpus >> i & 1))
            continue;
        model[i].held[number].space = NULL;
        if (model[i].runs == space)
            run_under(&model[i], space, model[i].number);
    }
}

/* Nobody is asked who does not use it. */
static void flush(struct space *space)
{
    unsigned number;

    space->epoch++;
    unsigned long cpus = asid_flush(&space->asid, &number);
    for (unsigned i = 0; i < MAX_CPUS; i++)
        CHECK(!(cpus >> i & 1) || i == this_cpu()->id || model[i].runs == space);
    forget_on(cpus, number, space);
}

/* Who runs an address space runs it under its number, and holds nothing of it that is old. */
static void check_running(void)
{
    for (unsigned i = 0; i < MAX_CPUS; i++) {
        const struct model_cpu *cpu = &model[i];
        unsigned number;
        if (!cpu->runs)
            continue;
        CHECK(asid_holders(&cpu->runs->asid, &number) >> i & 1);
        CHECK(number == cpu->number);
        CHECK(cpu->held[number].epoch == cpu->runs->epoch);
        for (unsigned other = 0; nr_numbers && other < MAX_CPUS; other++)
            if (model[other].runs && model[other].runs != cpu->runs)
                CHECK(model[other].number != number);
    }
}

/* Without numbers nobody is told of a flush who does not run the address space. */
static void check_holders(const struct space *space)
{
    unsigned long others = 0;
    unsigned number;

    for (unsigned i = 0; i < MAX_CPUS; i++)
        if (i != this_cpu()->id && model[i].runs == space)
            others |= 1ul << i;
    CHECK(asid_running_elsewhere(&space->asid) == others);
    if (!nr_numbers)
        CHECK(asid_holders(&space->asid, &number) ==
              (others | (unsigned long)(here()->runs == space) << this_cpu()->id));
}

/* `numbers` of which asid_init() hears, and `used` of which it makes use. */
static void run_random(unsigned long numbers, unsigned long used)
{
    asid_init(numbers);
    nr_numbers = used;
    for (int i = 0; i < 300000; i++) {
        /* For a time the numbers last, for a time they do not. */
        struct space *space = &spaces[random_below(i / 1000 % 2 ? NR_SPACES : NR_SPACES / 4)];

        host_run_on_cpu((unsigned)random_below(MAX_CPUS));
        switch (random_below(10)) {
        case 0:
            replace(space);
            break;
        case 1:
        case 2:
            flush(space);
            break;
        case 3:
            switch_to_space(NULL);
            break;
        default:
            switch_to_space(space);
        }
        check_running();
        check_holders(space);
    }
    CHECK(nr_forgets > 10000);
    CHECK(!nr_numbers || nr_forgets_one > 5000);
}

/* As few as there may be: with every CPU keeping its own, one is left to give. */
TEST(asid_fewest)
{
    run_random(2 + MAX_CPUS, 2 + MAX_CPUS);
}

TEST(asid_random)
{
    unsigned long numbers = 2 + MAX_CPUS + random_below(MAX_NUMBERS - 2 - MAX_CPUS + 1);

    run_random(numbers, numbers);
}

TEST(asid_none)
{
    run_random(1 + MAX_CPUS, 0);
}
