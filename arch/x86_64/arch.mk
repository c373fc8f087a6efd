# x86-64: QEMU's `microvm`, entered through the kernel's PVH note. LA57=1 is paging with five levels.
LA57 ?= 0
ifeq ($(filter $(LA57),0 1),)
$(error LA57=$(LA57): 0 is 4-level paging, 1 is 5-level paging)
endif
VARIANT        := $(if $(filter 1,$(LA57)),5level,4level)
CROSS_PREFIXES := x86_64-linux-gnu-
ARCH_CFLAGS    := -m64 -march=x86-64 -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fcf-protection=none -DLA57=$(LA57)
ARCH_UCFLAGS   := -m64 -march=x86-64 -fcf-protection=none
QEMU           := qemu-system-x86_64
QEMU_MACHINE   := -machine microvm,x-option-roms=off,pcie=off,rtc=on -cpu max -nic none -global virtio-mmio.force-legacy=false
# The machine's exit status, a byte: QEMU's own has no room for all of it.
QEMU_STATUS    := -chardev file,id=status,path=@STATUS@ -device isa-debugcon,iobase=0xf4,chardev=status
disk = -drive file=$1,if=none,format=raw,id=disk0 -device virtio-blk-device,drive=disk0
ARCH_HELP      := LA57=$(LA57)         1: 5-level page tables
