# RISC-V: QEMU's `virt` machine, OpenSBI below us. SV picks the paging format: 39, 48 or 57.
SV ?= 39
ifeq ($(filter $(SV),39 48 57),)
$(error SV=$(SV): the formats are 39, 48 and 57)
endif
VARIANT        := sv$(SV)
CROSS_PREFIXES := riscv64-linux-gnu-
ARCH_CFLAGS    := -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -msmall-data-limit=0 -DSV=$(SV)
# No small data: small constants would come to lie among it, and could be written.
ARCH_UCFLAGS   := -march=rv64gc -mabi=lp64d -mcmodel=medany -msmall-data-limit=0
QEMU           := qemu-system-riscv64
QEMU_MACHINE   := -machine virt -bios default -nic none -global virtio-mmio.force-legacy=false
QEMU_STATUS    :=
disk = -drive file=$1,if=none,format=raw,id=disk0 -device virtio-blk-device,drive=disk0
ARCH_HELP      := SV=$(SV)          page-table format: 39, 48 or 57
