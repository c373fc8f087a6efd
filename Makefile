# xv39: one Makefile, output in build/<arch>/ only. `make help` lists targets and variables.

ARCH   ?= riscv64
SMP    ?= 3
MEM    ?= 256M
DEBUG  ?= 0
EXTRA  ?=
APPEND ?=
CMD    ?=
T      ?=
N      ?= 10000
SEED   ?= 1
BOTH   ?= riscv64 x86_64
PYTHON ?= /usr/bin/python3

.DEFAULT_GOAL := all
MAKEFLAGS     += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

# `make deps qemu` on a machine with no tools: first install, then start over with the other goals,
# so that nothing below ever looks for a tool that is only about to arrive.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
GOALS_AFTER := $(filter-out deps,$(MAKECMDGOALS))
.PHONY: deps $(GOALS_AFTER)
deps:
	@sh test/deps.sh
$(GOALS_AFTER): deps
	@$(MAKE) --no-print-directory $@
else

ARCHES := $(patsubst arch/%/arch.mk,%,$(wildcard arch/*/arch.mk))
ifeq ($(wildcard arch/$(ARCH)/arch.mk),)
$(error ARCH=$(ARCH): no such architecture; there are: $(ARCHES))
endif
ifeq ($(filter $(SMP),1 2 3 4 5 6 7 8),)
$(error SMP=$(SMP): from 1 to 8 processors)
endif
ifeq ($(filter $(DEBUG),0 1),)
$(error DEBUG=$(DEBUG): 1 is with assertions and checks, 0 without)
endif
# The port's part: CROSS_PREFIXES, ARCH_CFLAGS, ARCH_UCFLAGS, ARCH_HELP, VARIANT, QEMU, QEMU_MACHINE,
# disk (a function: words for the disk image), QEMU_STATUS (words that make QEMU keep the machine's
# exit status in the file @STATUS@).
include arch/$(ARCH)/arch.mk

# Looked up when first needed and then remembered.
once          = $(eval $1 := $2)$($1)
CROSS_COMPILE ?= $(call once,CROSS_COMPILE,$(firstword $(foreach p,$(CROSS_PREFIXES),$(if $(shell command -v $(p)gcc),$(p))) $(firstword $(CROSS_PREFIXES))))
CC       = $(CROSS_COMPILE)gcc
NM       = $(CROSS_COMPILE)nm
OBJCOPY  = $(CROSS_COMPILE)objcopy
GCC_INC  = $(call once,GCC_INC,$(shell $(CC) -print-file-name=include))
HOSTCC  ?= gcc

OUT  := build/$(ARCH)
KOUT := $(OUT)/$(VARIANT)$(if $(filter 1,$(DEBUG)),-debug)
TITLE = $(ARCH) $(notdir $(KOUT))

WARN     := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
CFLAGS   := -std=gnu11 -O2 -g $(WARN) -ffreestanding -fno-common -fno-pic -fno-stack-protector \
            -fno-strict-aliasing -fno-omit-frame-pointer -fno-asynchronous-unwind-tables \
            -ffile-prefix-map=$(CURDIR)/= -DDEBUG=$(DEBUG) $(ARCH_CFLAGS)
KINCLUDE  = -nostdinc -isystem $(GCC_INC) -I. -Iarch/$(ARCH)/include -Iarch/include
UCFLAGS  := -std=gnu11 -O2 -g $(WARN) -ffreestanding -fno-pic -fno-stack-protector \
            -fno-omit-frame-pointer -fno-asynchronous-unwind-tables \
            -ffile-prefix-map=$(CURDIR)/= $(ARCH_UCFLAGS)
UINCLUDE  = -nostdinc -Iuser/lib/include -isystem $(GCC_INC) -Iarch/$(ARCH)/include
ULDFLAGS := -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,separate-code \
            -Wl,-z,max-page-size=4096

KSRC := $(wildcard arch/$(ARCH)/*.[cS] mm/*.[cS] kernel/*.c kernel/fs/*.c kernel/fs/*/*.c \
          kernel/drivers/*.c)
KSRC := $(filter-out %.lds.S,$(KSRC))
KOBJ := $(patsubst %.c,$(KOUT)/%.o,$(KSRC:%.S=$(KOUT)/%.S.o))
KERNEL := $(KOUT)/kernel.elf

ULIB_SRC := $(wildcard user/lib/*.c arch/$(ARCH)/user/*.[cS])
ULIB_OBJ := $(patsubst %,$(OUT)/%.o,$(basename $(ULIB_SRC)))
ULIB     := $(OUT)/user/libc.a
# A program is user/NAME.c, or a directory user/NAME/ of sources.
UDIRS    := $(filter-out ld lib root,$(notdir $(patsubst %/,%,$(wildcard user/*/))))
UNAMES   := $(patsubst user/%.c,%,$(wildcard user/*.c)) $(UDIRS)
UPROGS   := $(addprefix $(OUT)/root/bin/,$(UNAMES))
# The library a second time, as a file that programs share, with the linker that brings it to them; and
# these programs a second time, as ones that use it.
USHARED  := letters
USHLIB   := $(OUT)/root/lib/libc.so $(OUT)/root/lib/ld.so
USHPROGS := $(USHARED:%=$(OUT)/root/bin/%-shared)
UALL     := $(UPROGS) $(USHLIB) $(USHPROGS)
IMAGE    := $(OUT)/fs.img
MKFS     := build/mkfs

.PHONY: all image user linux ready qemu qemu-gdb qemu-both run test linux-check differential compare clean fmt \
        help deps
all: $(KERNEL) $(IMAGE) ## Build the kernel and the file-system image (the default).
image: $(IMAGE) ## Build the file-system image.
user: $(UALL) ## Build the user programs.

# need(tool): stop with one line that names a missing tool.
need = command -v $1 >/dev/null || { echo "xv39: $1 not found: run 'make deps'" >&2; exit 1; }

$(OUT)/.tools:
	@$(call need,$(CC))
	@$(call need,$(HOSTCC))
	@mkdir -p $(@D) && touch $@

# --- kernel -----------------------------------------------------------------------------------
$(KOUT)/%.o: %.c | $(OUT)/.tools
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(KINCLUDE) -MMD -MP -c $< -o $@
$(KOUT)/%.S.o: %.S | $(OUT)/.tools
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(KINCLUDE) -D__ASSEMBLER__ -MMD -MP -c $< -o $@
$(KOUT)/%.lds: arch/$(ARCH)/%.lds.S | $(OUT)/.tools
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(KINCLUDE) -E -P -MMD -MP -MT $@ -x assembler-with-cpp $< -o $@

# The vdso: a shared object of its own, in a page of the image.
VDSO     := $(KOUT)/vdso.so
VDSO_OBJ := $(patsubst %,$(KOUT)/%.o,$(wildcard arch/$(ARCH)/vdso/*.S))
$(VDSO): $(VDSO_OBJ) $(KOUT)/vdso.lds
	$(Q)$(CC) $(ARCH_CFLAGS) -nostdlib -shared -s -Wl,-soname=linux-vdso.so.1 -Wl,--hash-style=both \
	    -Wl,--eh-frame-hdr -Wl,--build-id=none -Wl,-z,max-page-size=4096 -T $(KOUT)/vdso.lds -o $@ $(VDSO_OBJ)
$(KOUT)/mm/vdso_image.S.o: mm/vdso_image.S $(VDSO)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) '-DVDSO="$(VDSO)"' -c $< -o $@ \
	    -DVDSO_SIGRETURN=0x$$($(NM) -D $(VDSO) | sed -n 's/ T __vdso_rt_sigreturn@.*//p')

# Linked twice: the symbol table for backtraces is made from the first link and lies behind all text,
# so that adding it moves no function.
KLINK = $(CC) $(ARCH_CFLAGS) -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack \
        -Wl,--no-warn-rwx-segments -T $(KOUT)/kernel.lds
$(KOUT)/ksyms0.S: kernel/ksyms.awk
	@mkdir -p $(@D)
	$(Q)awk -f kernel/ksyms.awk </dev/null >$@
$(KOUT)/ksyms0.o $(KOUT)/ksyms1.o: %.o: %.S
	$(Q)$(CC) $(CFLAGS) -c $< -o $@
$(KOUT)/kernel0.elf: $(KOBJ) $(KOUT)/ksyms0.o $(KOUT)/kernel.lds
	$(Q)$(KLINK) -o $@ $(KOBJ) $(KOUT)/ksyms0.o
$(KOUT)/ksyms1.S: $(KOUT)/kernel0.elf kernel/ksyms.awk
	$(Q)$(NM) -n $< | awk -f kernel/ksyms.awk >$@
$(KERNEL): $(KOUT)/kernel0.elf $(KOUT)/ksyms1.o
	$(Q)$(KLINK) -o $@ $(KOBJ) $(KOUT)/ksyms1.o
	@echo "  kernel  $@" >&2

# --- user programs and the image --------------------------------------------------------------
$(OUT)/user/%.o: user/%.c | $(OUT)/.tools
	@mkdir -p $(@D)
	$(Q)$(CC) $(UCFLAGS) $(UINCLUDE) -MMD -MP -c $< -o $@
$(OUT)/arch/%.o: arch/%.c | $(OUT)/.tools
	@mkdir -p $(@D)
	$(Q)$(CC) $(UCFLAGS) $(UINCLUDE) -MMD -MP -c $< -o $@
$(OUT)/arch/%.o: arch/%.S | $(OUT)/.tools
	@mkdir -p $(@D)
	$(Q)$(CC) $(UCFLAGS) $(UINCLUDE) -D__ASSEMBLER__ -MMD -MP -c $< -o $@
$(ULIB): $(ULIB_OBJ)
	@rm -f $@
	$(Q)$(CROSS_COMPILE)ar rcs $@ $^
define program
$(OUT)/root/bin/$1: $(patsubst user/%.c,$(OUT)/user/%.o,$(wildcard user/$1.c user/$1/*.c)) $(ULIB)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $(ARCH_UCFLAGS) $(ULDFLAGS) -o $$@ $$(filter %.o,$$^) $(ULIB)
endef
$(foreach p,$(UNAMES),$(eval $(call program,$p)))

# Code that runs at any address. libc.so's calls of its own functions are bound when it is linked; the
# linker has nothing to be bound at all, for nobody would do it.
PICFLAGS  = $(filter-out -fno-pic,$(UCFLAGS)) -fPIC
PICFIND   = $(patsubst %,$(OUT)/pic/%.o,$(basename $1))
LDSO_SRC := $(wildcard user/ld/*.c arch/$(ARCH)/user/ld/*.S)
LDSO_OBJ := $(call PICFIND,$(LDSO_SRC) arch/$(ARCH)/user/syscall.S)
PIC_OBJ  := $(call PICFIND,$(filter-out %/start.S,$(ULIB_SRC)))
$(OUT)/pic/%.o: %.c | $(OUT)/.tools
	@mkdir -p $(@D)
	$(Q)$(CC) $(PICFLAGS) $(UINCLUDE) -MMD -MP -c $< -o $@
$(OUT)/pic/%.o: %.S | $(OUT)/.tools
	@mkdir -p $(@D)
	$(Q)$(CC) $(PICFLAGS) $(UINCLUDE) -D__ASSEMBLER__ -MMD -MP -c $< -o $@
$(OUT)/pic/user/ld/%.o: PICFLAGS += -fvisibility=hidden -fno-builtin -fno-tree-loop-distribute-patterns \
                                    -Iarch/$(ARCH)/user/ld
USHFLAGS := $(filter-out -static -no-pie,$(ULDFLAGS)) -Wl,--hash-style=sysv -Wl,-z,now -Wl,-z,norelro
$(OUT)/root/lib/libc.so: $(PIC_OBJ)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ARCH_UCFLAGS) $(USHFLAGS) -shared -Wl,-Bsymbolic -Wl,-soname=libc.so -o $@ $^
$(OUT)/root/lib/ld.so: $(LDSO_OBJ)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ARCH_UCFLAGS) $(USHFLAGS) -shared -Wl,-Bsymbolic -Wl,--no-undefined -Wl,-soname=ld.so -o $@ $^
$(USHPROGS): $(OUT)/root/bin/%-shared: $(OUT)/arch/$(ARCH)/user/start.o $(OUT)/pic/user/%.o $(USHLIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ARCH_UCFLAGS) $(USHFLAGS) -pie -Wl,-dynamic-linker=/lib/ld.so -o $@ \
	    $(filter %.o,$^) $(OUT)/root/lib/libc.so

# The tests once more, as ordinary programs of Linux with the compiler's own C library. They pass
# pointers on purpose that such a library's headers warn of.
LINUX_CFLAGS := -std=gnu11 -O2 -g -D_GNU_SOURCE $(WARN) -Wno-nonnull -Wno-stringop-overflow \
                -ffile-prefix-map=$(CURDIR)/= -Iarch/$(ARCH)/include $(ARCH_UCFLAGS)
LINUX_NAMES  := usertests mapfuzz
LINUX_OBJ    := $(patsubst user/%.c,$(OUT)/linux/%.o,$(wildcard $(LINUX_NAMES:%=user/%/*.c)))
$(OUT)/linux/%.o: user/%.c | $(OUT)/.tools
	@mkdir -p $(@D)
	$(Q)$(CC) $(LINUX_CFLAGS) -MMD -MP -c $< -o $@
define linux_program
$(OUT)/linux/bin/$1: $(patsubst user/%.c,$(OUT)/linux/%.o,$(wildcard user/$1/*.c))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LINUX_CFLAGS) -static -o $$@ $$^
endef
$(foreach p,$(LINUX_NAMES),$(eval $(call linux_program,$p)))
linux: $(LINUX_NAMES:%=$(OUT)/linux/bin/%) $(LINUX_NAMES:%=$(OUT)/root/bin/%) # what Linux can run

$(MKFS): $(wildcard mkfs/*.c mkfs/*.h) | $(OUT)/.tools
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -O2 -g $(WARN) -o $@ $(filter %.c,$^)

# The image is made anew when a program changes or is gone, or anything else that goes into it: the stamp
# holds a checksum of names, times and sizes, so that no name, however odd, has to be a make target.
IMAGE_STAMP := $(IMAGE).contents
IMAGE_KEY   := $(EXTRA) $(shell { echo $(sort $(UNAMES)); find user/root user/devices $(EXTRA) \
                 -printf '%p %T@ %s %l\n' 2>/dev/null | LC_ALL=C sort; } | cksum)
ifneq ($(shell cat $(IMAGE_STAMP) 2>/dev/null),$(strip $(IMAGE_KEY)))
$(shell mkdir -p $(dir $(IMAGE_STAMP)) && echo '$(strip $(IMAGE_KEY))' >$(IMAGE_STAMP))
endif
$(IMAGE): $(MKFS) $(UALL) $(IMAGE_STAMP)
	@if [ -n "$(EXTRA)" ] && [ ! -d "$(EXTRA)" ]; then \
	    echo "xv39: EXTRA=$(EXTRA): not a directory" >&2; exit 1; fi
	@rm -f $(filter-out $(UALL),$(wildcard $(OUT)/root/bin/* $(OUT)/root/lib/*))
	$(Q)$(MKFS) -o $@ -n user/devices $(OUT)/root user/root $(EXTRA)
	@echo "  image   $@" >&2

# For the shell: one word, whatever is in it.
quoted = '$(subst ','\'',$1)'

# --- running ----------------------------------------------------------------------------------
QEMU_ARCH = $(ARCH)
QEMU_DISK = $(call disk,@IMAGE@)
export QEMU_ARCH QEMU QEMU_MACHINE QEMU_DISK QEMU_STATUS
print-%: # the value of a variable, for test/qemu.py and test/both.sh
	@echo '$($*)'
QEMU_RUN = $(QEMU) $(QEMU_MACHINE) -m $(MEM) -smp $(SMP) -kernel $(KERNEL)
ready: $(KERNEL) $(IMAGE) # all that a machine needs
	@$(call need,$(QEMU))
qemu: ready ## Boot to the shell in this terminal (leave with ctrl-a x, or type poweroff).
	$(QEMU_RUN) -nographic $(call disk,$(IMAGE)) -append $(call quoted,$(value APPEND))
qemu-gdb: ready ## The same, waiting for gdb on port 1234.
	@echo "xv39: in another terminal: gdb-multiarch -x kernel/xv39.gdb -ex 'target remote :1234' $(KERNEL)"
	$(QEMU_RUN) -nographic $(call disk,$(IMAGE)) -append $(call quoted,$(value APPEND)) -S -s
qemu-both: ## Two machines next to each other, in tmux: one types to both; F12 changes that.
	@$(call need,tmux)
	@[ $(words $(BOTH)) = 2 ] || { echo 'xv39: BOTH="$(BOTH)": two of $(ARCHES)' >&2; exit 1; }
	@[ -t 0 ] && [ -t 1 ] || { echo 'xv39: make qemu-both needs a terminal' >&2; exit 1; }
	@for arch in $(BOTH); do $(MAKE) --no-print-directory ARCH=$$arch ready || exit; done
	@sh test/both.sh $(BOTH)
run: ready ## CMD="...": boot headless, run one shell command line, exit with its status.
	@$(call need,$(PYTHON))
	@[ -n $(call quoted,$(value CMD)) ] || { echo 'xv39: make run needs CMD="command line"' >&2; exit 2; }
	@$(PYTHON) test/run.py --arch $(ARCH) --kernel $(KERNEL) --image $(IMAGE) --smp $(SMP) \
	    --mem $(MEM) --append $(call quoted,$(value APPEND)) -- $(call quoted,$(value CMD))
# The Makefile's own ARCH is not a wish to leave the other one out.
test: ## Run every test, on each machine or on ARCH; T=name runs those whose name matches.
	@$(call need,$(PYTHON))
	@$(PYTHON) test/run_tests.py $(if $(filter-out file,$(origin ARCH)),--arch $(ARCH)) $(T)

linux-check: ## Compile usertests for Linux, and run it on this machine; T=name runs some.
	@$(call need,$(PYTHON))
	@for arch in $(if $(filter file,$(origin ARCH)),$(ARCHES),$(ARCH)); do \
	    $(MAKE) --no-print-directory ARCH=$$arch linux || exit; done
	@$(PYTHON) test/linux_check.py $(if $(filter-out file,$(origin ARCH)),--arch $(ARCH)) $(T)

differential: ready ## Random mapping calls here and on Linux; N=sequences, from SEED on.
	@$(call need,$(PYTHON))
	@$(MAKE) --no-print-directory ARCH=x86_64 linux
	@$(PYTHON) test/differential.py --arch $(ARCH) --kernel $(KERNEL) --image $(IMAGE) --smp $(SMP) \
	    --mem $(MEM) $(N) $(SEED)

compare: ## Boot every format headless; print them side by side, make build/compare/compare.html.
	@$(call need,$(PYTHON))
	@$(PYTHON) test/compare.py

# --- unit tests of mm/: the host port, once for each page-table codec --------------------------------
# Whose codec a format is, and what that wants defined. A variant is a format, or one with -debug.
UNIT_sv39       := riscv64 SV=39
UNIT_sv48       := riscv64 SV=48
UNIT_sv57       := riscv64 SV=57
UNIT_x86-4level := x86_64 LA57=0
UNIT_x86-5level := x86_64 LA57=1
UNIT_VARIANTS   := sv39-debug sv48 sv57-debug x86-4level x86-5level-debug
UNIT_SRC := $(filter-out mm/kernel_map.c mm/describe.c mm/oom.c mm/extable.c mm/paging_format.c,$(wildcard mm/*.c)) \
            kernel/fs/seq_file.c kernel/spinlock.c kernel/mutex.c kernel/wait.c \
            $(wildcard arch/host/*.c test/unit/*.c)
UNIT_CFLAGS := -std=gnu11 -O1 -g $(WARN) -fno-strict-aliasing -fsanitize=address,undefined \
               -fno-sanitize-recover=all -I. -Iarch/host/include -Iarch/include
define unit_variant
UNIT_OBJ_$1 := $$(UNIT_SRC:%.c=build/host/$1/%.o)
$$(UNIT_OBJ_$1): build/host/$1/%.o: %.c | $$(OUT)/.tools
	@mkdir -p $$(@D)
	$$(Q)$$(HOSTCC) $$(UNIT_CFLAGS) -DDEBUG=$(if $(findstring debug,$1),1,0) \
	    -D$(lastword $(UNIT_$(1:-debug=))) \
	    '-DHOST_CODEC="arch/$(firstword $(UNIT_$(1:-debug=)))/include/arch/pte.h"' -MMD -MP -c $$< -o $$@
build/host/unit-$1: $$(UNIT_OBJ_$1)
	$$(Q)$$(HOSTCC) $$(UNIT_CFLAGS) -o $$@ $$^
-include $$(UNIT_OBJ_$1:.o=.d)
endef
$(foreach v,$(UNIT_VARIANTS),$(eval $(call unit_variant,$v)))
.PHONY: unit
unit: $(UNIT_VARIANTS:%=build/host/unit-%) ## Unit tests of mm/ as a process; T=name for some, UNIT_SEED=n.
	@status=0; for u in $^; do echo "$${u#build/host/}:"; $$u $(T) || status=1; done; exit $$status

fmt: ## Format all C sources with clang-format.
	@$(call need,clang-format)
	@clang-format -i $(shell git ls-files -co --exclude-standard '*.c' '*.h')
clean: ## Remove everything that was built.
	rm -rf build

help: ## List targets and variables.
	@echo 'Targets:'
	@echo '  deps        Install every package needed (Debian 12; as root or through sudo).'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | \
	    awk -F'|' '{ printf "  %-11s %s\n", $$1, $$2 }'
	@echo 'Variables:'
	@echo '  ARCH=$(ARCH)   the machine: $(ARCHES); for test: only this one'
	@echo '  SMP=$(SMP)          processors, 1 to 8'
	@echo '  MEM=$(MEM)       memory, from 64M'
	@echo '  DEBUG=$(DEBUG)        1: assertions, slab red zones and poison'
	@for arch in $(ARCHES); do \
	    echo "  $$($(MAKE) -s --no-print-directory ARCH=$$arch print-ARCH_HELP) ($$arch)"; done
	@echo '  EXTRA=DIR      a directory tree added to the image'
	@echo '  APPEND="..."   kernel command line: quiet, norandmaps, init=/path args...'
	@echo '  CMD="..."      for run: the shell command line'
	@echo '  BOTH="..."     for qemu-both: the left machine and the right one, $(BOTH)'
	@echo '  N=10000 SEED=1 for differential: how many sequences, from which one on'
	@echo '  T=name         for test: only tests whose name contains this'
	@echo '  CROSS_COMPILE=prefix-   the cross tools (found by themselves otherwise)'

-include $(KOBJ:.o=.d) $(VDSO_OBJ:.o=.d) $(KOUT)/kernel.d $(KOUT)/vdso.d $(ULIB_OBJ:.o=.d) $(PIC_OBJ:.o=.d) $(LDSO_OBJ:.o=.d) $(LINUX_OBJ:.o=.d) $(wildcard $(OUT)/user/*.d $(OUT)/user/*/*.d)
ifneq ($(V),1)
Q := @
endif
endif
