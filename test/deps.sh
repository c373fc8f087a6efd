#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what building, running and testing xv39 needs, on Debian 12. Quick when all is there.
set -e
packages="make gcc libc6-dev gcc-riscv64-linux-gnu libc6-dev-riscv64-cross
qemu-system-misc opensbi qemu-system-x86 gdb-multiarch e2fsprogs device-tree-compiler
python3 python3-pexpect clang-format tmux chromium fonts-dejavu-core"
# On amd64 the compiler itself is x86_64-linux-gnu-gcc, and tests run programs of the host.
if [ "$(dpkg --print-architecture)" = amd64 ]; then
    packages="$packages busybox-static procps"
else
    packages="$packages gcc-x86-64-linux-gnu libc6-dev-amd64-cross"
fi
missing=
for p in $packages; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
sudo=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "xv39: make deps needs root or sudo to install:$missing" >&2; exit 1; }
    sudo=sudo
fi
echo "xv39: installing$missing"
$sudo apt-get update -q
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -q --no-install-recommends $missing
