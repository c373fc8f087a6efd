# SPDX-License-Identifier: MIT
"""Programs built for Linux, as Debian ships them, do here what they do on Linux."""

import os
import platform
import shutil

from harness import Failure, Test
from machine import Machine
from variants import LEVEL4

# Everything in it must come out the same on both: no times, no process numbers, no sizes of disks.
SCRIPT = r"""#!/bb/busybox sh
PATH=/none
for applet in awk cat chmod cmp cp cut date diff dirname env expr false find fold grep gunzip \
        gzip head ln ls mkdir mktemp mv od paste readlink rm rmdir sed seq sha256sum sleep \
        sort stat sync tac tail tar tee timeout touch tr truncate uniq unlink wc xargs; do
    eval "$applet() { \"\$BUSYBOX\" $applet \"\$@\"; }"
done

echo "== text"
seq 1 2000 | sort -r | sha256sum
seq 1 300 | awk '{ s += $1 * 1.5 } END { printf "%.3f %d\n", s, NR }'
seq 1 50 | sed -n '5,9p;s/3/three/gp' | tr a-z A-Z | paste -s -d,
printf 'one two\nthree\n' | od -c | head -n 3
seq 1 9 | tac | fold -w 3 | uniq -c | cut -c 1-12

echo "== files"
mkdir -p work/a/b && cd work || exit 1
seq 1 20000 >big && cp big copy && cmp big copy && sha256sum copy
gzip -c big | gunzip -c | cmp - big && echo gzip is right
ln -s ../big a/link && readlink a/link && ln big hard && stat -c '%h %s %F' hard
echo text >a/b/file && chmod 640 a/b/file && stat -c %a a/b/file
tar cf all.tar a big && mkdir out && tar xf all.tar -C out && diff -r a out/a && echo tar is right
find . -type f -o -type l | sort
truncate -s 10 copy && wc -c <copy && mv copy moved && ls mo*
rm -r a/b && rmdir a 2>/dev/null || echo not empty
unlink moved && cat moved; echo "status $?"
touch -d '2001-02-03 04:05:06' hard && date -u -r hard '+%F %T'

echo "== processes"
(exit 7); echo "status $?"
false || echo false
sleep 0 & wait $!; echo "waited $?"
timeout 1 "$BUSYBOX" sleep 20; echo "timeout $?"
trap 'echo caught' TERM; kill -TERM $$
"$BUSYBOX" sh -c 'kill -9 $$'; echo "killed $?"
seq 1 40 | xargs -n 7 echo | wc -l
i=0; while [ $i -lt 60 ]; do i=$((i + 1)); echo "line $i"; done | grep -c 5
env -i A=1 B=two "$BUSYBOX" env
echo $(( (1 << 40) / 7 )) "$(expr 17 \* 3)"
cat <<end | tee copied
here is $(echo a document)
end
cat copied
"""


def busybox(t):
    """One script of many programs gives the same output on xv39 as on this machine."""
    program = shutil.which("busybox")
    if not program:
        raise Failure("busybox not found: run 'make deps'")
    tree, native = t.path("extra", "bb"), t.path("native")
    os.makedirs(tree)
    os.makedirs(native)
    shutil.copy(program, os.path.join(tree, "busybox"))
    with open(os.path.join(tree, "script"), "w", encoding="ascii") as script:
        script.write(SCRIPT)
    wanted = t.command("env", "-C", native, "-i", "BUSYBOX=" + program, program, "sh",
                       os.path.join(tree, "script"))
    image = t.path("bb.img")
    t.command("make", "--no-print-directory", f"-j{os.cpu_count()}", "ARCH=" + t.arch,
              "EXTRA=" + t.path("extra"), "IMAGE=" + image, "image")
    m = Machine(t, image=image, run="cd /tmp; BUSYBOX=/bb/busybox /bb/busybox sh /bb/script")
    got = m.output()
    t.check_equal("exit status", m.status(), 0)
    got = got.replace("/bb/busybox", program).splitlines()
    for number, (line, other) in enumerate(zip(got + [None], wanted.splitlines() + [None]), 1):
        t.check_equal(f"line {number}", line, other)
    t.note(f"{len(got)} lines")


# A machine of another kind has no such program of its own, and Debian none for RISC-V.
TESTS = [Test("linux-x86_64-busybox", busybox, LEVEL4)] if platform.machine() == "x86_64" else []
