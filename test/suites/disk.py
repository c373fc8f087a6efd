# SPDX-License-Identifier: MIT
"""mkfs against e2fsprogs, and the kernel's file system against both."""

import os
import re
import stat

import qemu
from harness import Test, on_each
from machine import Machine, check_image
from variants import PLAIN

KIB, MIB = 1 << 10, 1 << 20


def build_mkfs(t):
    """The program, built for this test alone, so that no kernel has to be built first."""
    program = t.path("mkfs")
    t.command("make", "--no-print-directory", "MKFS=" + program, program)
    return program


def pattern(size, seed):
    """Bytes that tell their place."""
    block = bytes((i * 7 + seed * 13 + (i >> 8)) & 0xff for i in range(4096))
    return (block * (size // 4096 + 1))[:size]


def write(path, data, mode=0o644):
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)


def odd_tree(top):
    """A tree with what a naive mkfs gets wrong."""
    os.makedirs(os.path.join(top, "dir/deep/" + "/".join("abcdefgh")))
    for i, size in enumerate([0, 1, 4095, 4096, 4097, 12 * 4096, 12 * 4096 + 1, 60 * KIB,
                              4 * MIB + 48 * KIB, 4 * MIB + 48 * KIB + 1, 6 * MIB]):
        write(os.path.join(top, f"size-{size}"), pattern(size, i))
    for name in ("a b", "-rf", "new\nline", "tab\t", "quote'\"", "ü-\u20ac", "*", "n" * 255):
        write(os.path.join(top, "dir", name), name.encode())
    write(os.path.join(top, "dir", b"\xff\xfe".decode("utf-8", "surrogateescape")), b"not UTF-8")
    os.mkdir(os.path.join(top, "many"))
    for i in range(700):
        write(os.path.join(top, "many", f"file-with-a-longer-name-{i:05}"), b"%d\n" % i)
    for length in (1, 59, 60, 61, 1000, 4000):
        os.symlink("x" * length, os.path.join(top, f"link-{length}"))
    os.link(os.path.join(top, "size-4097"), os.path.join(top, "dir", "hard"))
    write(os.path.join(top, "setuid"), b"x", 0o4755)
    write(os.path.join(top, "nobody"), b"x", 0o000)
    os.mkdir(os.path.join(top, "sticky"))
    os.chmod(os.path.join(top, "sticky"), 0o1777)
    os.mkfifo(os.path.join(top, "fifo"))
    with open(os.path.join(top, "sparse"), "wb") as f:
        for at in (0, 5 * MIB, 64 * MIB - 5):
            f.seek(at)
            f.write(b"data!")


def listing(top):
    """What is in a tree: name -> (type, permissions, contents), without the root itself."""
    found = {}
    for where, dirs, files in os.walk(os.fsencode(top)):
        for name in dirs + files:
            path = os.path.join(where, name)
            info = os.lstat(path)
            kind, data = stat.S_IFMT(info.st_mode), None
            if stat.S_ISLNK(info.st_mode):
                data = os.readlink(path)
            elif stat.S_ISREG(info.st_mode):
                with open(path, "rb") as f:
                    data = hash(f.read())
            # Without the special bits, which rdump does not give.
            mode = None if stat.S_ISLNK(info.st_mode) else info.st_mode & 0o777
            found[os.path.relpath(path, os.fsencode(top))] = (kind, mode, data)
    return found


def debugfs(t, image, request):
    return t.command("/sbin/debugfs", "-R", request, image)


def compare(t, image, wanted, without=(b"lost+found",)):
    """The image, unpacked by debugfs, must be the tree `wanted`."""
    unpacked = t.path("unpacked")
    os.mkdir(unpacked)
    debugfs(t, image, f"rdump / {unpacked}")
    got = {k: v for k, v in listing(unpacked).items() if k not in without}
    # rdump leaves out what is neither file, directory nor link.
    wanted = {k: v for k, v in wanted.items() if v[0] != stat.S_IFIFO}
    t.check_equal("names", sorted(got.keys() ^ wanted.keys()), [])
    for name, what in wanted.items():
        t.check(got[name] == what, f"{name!r} is {got[name]}, not {what}")
    t.note(f"{len(wanted)} files")


def mkfs_odd(t):
    mkfs, tree, image = build_mkfs(t), t.path("tree"), t.path("image")
    odd_tree(tree)
    t.command(mkfs, "-o", image, tree)
    check_image(t, image)
    compare(t, image, listing(tree))
    for name, mode in (("sticky", "01777"), ("setuid", "04755")):
        t.check(re.search(f"Mode: +{mode}", debugfs(t, image, "stat " + name)),
                f"the mode of {name} is not {mode}")
    t.check("Links: 2" in debugfs(t, image, "stat dir/hard"), "the hard link's count is not 2")
    t.check("Type: FIFO" in debugfs(t, image, "stat fifo"), "no FIFO")
    t.check(re.search(r"Blockcount: ([1-9]\d?)\n", debugfs(t, image, "stat sparse")),
            "the sparse file's holes take blocks")


def mkfs_merge(t):
    """Several trees: later files win, directories merge, nodes of the table come on top."""
    mkfs, first, second, image = build_mkfs(t), t.path("first"), t.path("second"), t.path("image")
    for top in (first, second):
        os.makedirs(os.path.join(top, "both"))
        write(os.path.join(top, "both", "same"), top.encode())
        write(os.path.join(top, "both", "only-" + os.path.basename(top)), b"")
    write(t.path("table"), b"# a comment\n/dev d 0755\n/dev/null c 0666 1 3\n")
    t.command(mkfs, "-o", image, "-n", t.path("table"), first, second)
    check_image(t, image)
    names = set(listing(first)) | set(listing(second))
    wanted = {**listing(first), **listing(second),
              b"dev": (stat.S_IFDIR, 0o755, None)}
    t.check_equal("names of both", len(names), 4)
    compare(t, image, wanted)
    t.check("Device major/minor number: 01:03" in debugfs(t, image, "stat /dev/null"), "no device")


def mkfs_again(t):
    """The same input makes the same image; another takes its place only when it is whole."""
    mkfs, tree, image = build_mkfs(t), t.path("tree"), t.path("image")
    os.mkdir(tree)
    write(os.path.join(tree, "file"), pattern(100000, 1))
    t.command(mkfs, "-o", image, tree)
    t.command("cp", "--sparse=always", image, image + ".first")
    t.command(mkfs, "-o", image, tree)
    t.command("cmp", image, image + ".first")
    write(os.path.join(tree, "large"), b"x" * (4 * MIB))
    t.command(mkfs, "-o", image, "-s", "2", tree, status=1)
    t.command("cmp", image, image + ".first")
    t.command(mkfs, "-o", image, t.path("no-such-directory"), status=1)
    t.command("cmp", image, image + ".first")


def extra(t):
    """EXTRA=DIR: the files are there, and programs of the ordinary cross compiler's run."""
    tree, out = t.path("extra"), t.path("out")
    os.makedirs(os.path.join(tree, "home/me"))
    write(os.path.join(tree, "home/me/with space"), b"mine\n")
    write(os.path.join(tree, "home/me/run"), b"#!/bin/sh\necho script $1\n", 0o755)
    write(t.path("hello.c"), b'#include <stdio.h>\nint main(int c, char **v)\n'
          b'{ printf("hello, %s: %d\\n", v[c - 1], c); return 5; }\n')
    prefix, = qemu.make_variables(["CROSS_COMPILE"], "ARCH=" + t.arch)
    compiler = (t.arch + "-linux-gnu-" if "elf" in prefix else prefix) + "gcc"
    t.command(compiler, "-static", "-O", "-o", os.path.join(tree, "home/me/hello"),
              t.path("hello.c"))
    words = ["make", "--no-print-directory", f"-j{os.cpu_count()}", "ARCH=" + t.arch, "OUT=" + out]
    t.command(*words, "EXTRA=" + t.path("nothing"), "image", status=2)
    t.command(*words, "EXTRA=" + tree, "image")
    machine = Machine(t, image=os.path.join(out, "fs.img"))
    machine.boot()
    t.check_equal("file", machine.run("cat '/home/me/with space'"), "mine\n")
    t.check_equal("script", machine.run("/home/me/run it"), "script it\n")
    t.check_equal("program", machine.run("/home/me/hello world", 5), "hello, world: 2\n")
    machine.power_off()
    # A change in the tree makes a new image; no change, none.
    before = os.stat(os.path.join(out, "fs.img")).st_mtime_ns
    t.command(*words, "EXTRA=" + tree, "image")
    t.check_equal("image made anew for nothing", os.stat(os.path.join(out, "fs.img")).st_mtime_ns,
                  before)
    write(os.path.join(tree, "home/me/later"), b"later\n")
    t.command(*words, "EXTRA=" + tree, "image")
    t.check_equal("file", debugfs(t, os.path.join(out, "fs.img"), "cat /home/me/later")[-6:],
                  "later\n")


def large_files(t):
    """What the kernel writes, debugfs reads: 64 MiB, a sparse file, many names, renames."""
    machine = Machine(t)
    machine.boot()
    machine.run("cd /home; head -c 4M /dev/urandom >r; cat r r r r r r r r r r r r r r r r >large")
    machine.run("cp large copy; rm r")
    machine.run("mkdir many; cd many; i=0; "
                "while [ $i -lt 300 ]; do echo $i >name-$i; i=$((i + 1)); done")
    machine.run("for i in name-1*; do mv $i moved-$i; done; rm name-2*; cd ..")
    machine.run("ln large hard; ln -s many soft; echo tail >>hard; rm copy; mkdir gone; rmdir gone")
    sizes = machine.run("ls -l /home")
    machine.power_off()
    size = 64 * MIB + 5
    t.check_equal("sizes that ls shows", sizes.count(str(size)), 2)
    for name in ("large", "hard"):
        debugfs(t, machine.image, f"dump /home/{name} {t.path(name)}")
    t.check_equal("size of the large file", os.stat(t.path("large")).st_size, size)
    t.command("cmp", t.path("large"), t.path("hard"))
    with open(t.path("large"), "rb") as f:
        f.seek(-5, os.SEEK_END)
        t.check_equal("its end", f.read(), b"tail\n")
    os.mkdir(t.path("tree"))
    debugfs(t, machine.image, f"rdump /home/many {t.path('tree')}")
    names = {n.decode(): v for n, v in listing(t.path("tree", "many")).items()}
    wanted = {("moved-" if str(i)[0] == "1" else "") + f"name-{i}": hash(b"%d\n" % i)
              for i in range(300) if str(i)[0] != "2"}
    t.check_equal("names and contents", {n: v[2] for n, v in names.items()}, wanted)


def persistence(t):
    """What one boot wrote, the next one finds; e2fsck agrees in between."""
    image = None
    for boot in range(3):
        machine = Machine(t, image=image)
        machine.boot()
        t.check_equal("lines", machine.run("test -e /home/log && wc -l </home/log || echo 0"),
                      f"{boot}\n")
        machine.run("echo again >>/home/log; head -c 1M /dev/zero >/home/fill-$$")
        machine.power_off()
        image = machine.image


def full(t):
    """A disk that runs full refuses, and is whole afterwards."""
    mkfs, tree, image = build_mkfs(t), t.path("empty"), t.path("small")
    os.mkdir(tree)
    t.command(mkfs, "-o", image, "-n", os.path.join(qemu.ROOT, "user/devices"), "-s", "24",
              "-i", "400", os.path.join(qemu.ROOT, "build", t.arch, "root"), tree)
    machine = Machine(t, image=image)
    machine.boot()
    machine.run("head -c 40M /dev/zero >/home/fill 2>/dev/null", status=1)
    machine.run("echo x >/tmp/more 2>/dev/null", status=1)
    machine.run("rm /home/fill; echo x >/tmp/more")
    machine.run("i=0; while [ $i -lt 500 ] && echo >/tmp/f-$i; do i=$((i + 1)); done 2>/dev/null; "
                "test $i -lt 400")
    machine.run("rm /tmp/f-*; echo x >/tmp/again && cat /tmp/again")
    machine.power_off()


TESTS = [
    Test("mkfs-odd-tree", mkfs_odd),
    Test("mkfs-merge", mkfs_merge),
    Test("mkfs-again", mkfs_again),
    *on_each(PLAIN, "extra-{arch}", extra, limit=500),
    *on_each(PLAIN, "disk-{arch}-large-files", large_files, limit=240),
    *on_each(PLAIN, "disk-{arch}-persistence", persistence),
    *on_each(PLAIN, "disk-{arch}-full", full),
]
