# SPDX-License-Identifier: MIT
"""The shell's language and the tools, through what they print and how they end."""

from harness import on_each
from machine import Machine
from variants import PLAIN

# A command line, its output, its status.
LINES = [
    ("echo one  'two  three' \"four five\"", "one two  three four five\n", 0),
    ("true && echo yes || echo no", "yes\n", 0),
    ("false && echo yes || echo no", "no\n", 0),
    ("false; echo $?", "1\n", 0),
    ("! false && echo not", "not\n", 0),
    ("(exit 7); echo $?", "7\n", 0),
    ("sh -c 'exit 9'", "", 9),
    ("nothing-of-that-name 2>/dev/null", "", 127),
    ("/etc/motd 2>/dev/null", "", 126),
    ("cat /nothing 2>&1", "cat: /nothing: No such file or directory\n", 1),
    ("echo a b c | wc -w", "3\n", 0),
    ("cat /etc/motd | grep xv39 | cat | wc -l", "1\n", 0),
    ("true | false", "", 1),
    ("false | true", "", 0),
    ("echo text >/tmp/f; cat </tmp/f", "text\n", 0),
    ("echo more >>/tmp/f; wc -l </tmp/f", "2\n", 0),
    ("cat /nothing >/tmp/f 2>&1; wc -l </tmp/f", "1\n", 0),
    ("name=value; echo $name \"$name\" '$name' ${name}s", "value value $name values\n", 0),
    ("x=$(echo from inside); echo \"<$x>\"", "<from inside>\n", 0),
    ("x=$(false)", "", 1),
    ("false; x=$?; echo $x", "1\n", 0),
    ("echo $((6 * 7)) $(( (1 + 2) % 2 ))", "42 1\n", 0),
    ("for i in a b c; do echo -n $i-; done; echo", "a-b-c-\n", 0),
    ("i=0; while [ $i -lt 3 ]; do i=$((i + 1)); done; echo $i", "3\n", 0),
    ("if test -d /tmp; then echo dir; else echo none; fi", "dir\n", 0),
    ("{ echo a; echo b; } | wc -l", "2\n", 0),
    ("cd /tmp; pwd; cd /; pwd", "/tmp\n/\n", 0),
    ("sleep 0 & wait; echo done", None, 0),
    ("echo /bin/l[ns]", "/bin/ln /bin/ls\n", 0),
    ("PATH=/nowhere; ls 2>/dev/null; x=$?; PATH=/bin; echo $x", "127\n", 0),
    ("v=1 sh -c 'echo = $v'; (v=2 exec sh -c 'echo = $v')", "= 1\n= 2\n", 0),
    ("set -- a 'b c'; echo $# \"$2\"", "2 b c\n", 0),
]

SCRIPT = r"""#!/bin/sh
# A comment; then arguments, a loop, and an end that is not 0.
echo "script $0 has $# arguments"
for word in "$@"; do
    echo "<$word>"
done
exit 3
"""

TOOLS = [
    ("mkdir /tmp/d /tmp/d/e && touch /tmp/d/x && ls /tmp/d", "e  x\n", 0),
    ("rmdir /tmp/d 2>/dev/null", "", 1),
    ("echo data >/tmp/d/x; cp /tmp/d/x /tmp/d/y; cat /tmp/d/y", "data\n", 0),
    ("mv /tmp/d/y /tmp/d/e/z; ls /tmp/d/e", "z\n", 0),
    ("ln /tmp/d/x /tmp/d/hard; ln -s x /tmp/d/soft; cat /tmp/d/hard /tmp/d/soft",
     "data\ndata\n", 0),
    ("rm /tmp/d/x; cat /tmp/d/hard; cat /tmp/d/soft 2>/dev/null", "data\n", 1),
    ("rm -r /tmp/d; test -e /tmp/d", "", 1),
    ("grep -n root /etc/passwd", "1:root:x:0:0:root:/:/bin/sh\n", 0),
    ("head -n 3 /etc/motd | tail -n 2 | head -c 8", "Welcome ", 0),
    ("echo abc | hexdump | head -n 1 | grep -c '61 62 63 0a'", "1\n", 0),
    ("uname -s | wc -w", "1\n", 0),
    ("ls -l /dev/null | grep -c '^crw'", "1\n", 0),
    ("sleep 0; time true 2>&1 | wc -l", None, 0),
    ("ls --nonsense 2>/dev/null", "", 2),
    ("echo x >/dev/full", None, 1),
    ("head -c 100000 /dev/zero | wc -c", "100000\n", 0),
    ("head -c 16 /dev/urandom | wc -c", "16\n", 0),
]


def lines(t, table):
    machine = Machine(t)
    machine.boot()
    for command, wanted, status in table:
        output = machine.run(command, status)
        if wanted is not None:
            t.check_equal(f"output of `{command}`", output, wanted)
    t.note(f"{len(table)} lines")
    machine.power_off()


def script(t):
    """A script by name, with arguments; typed in, as there is no editor."""
    machine = Machine(t)
    machine.boot()
    machine.send("cat >/tmp/script\r")
    machine.expect("\n")
    machine.send(SCRIPT.replace("\n", "\r") + "\x04")
    machine.prompt()
    wanted = "script /tmp/script has 2 arguments\n<one>\n<two three>\n"
    t.check_equal("output", machine.run("sh /tmp/script one 'two three'", 3), wanted)
    machine.power_off()


TESTS = [
    *on_each(PLAIN, "shell-{arch}", lines, table=LINES),
    *on_each(PLAIN, "shell-{arch}-script", script),
    *on_each(PLAIN, "tools-{arch}", lines, table=TOOLS),
]
