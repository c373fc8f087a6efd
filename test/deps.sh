#!/bin/sh
# Installs what building, running and testing xv39 needs, on Debian 12. Quick when all is there.
set -e
packages="make gcc libc6-dev gcc-riscv64-linux-gnu libc6-dev-riscv64-cross qemu-system-misc opensbi
gdb-multiarch e2fsprogs device-tree-compiler python3 python3-pexpect clang-format tmux"
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
