# SPDX-License-Identifier: MIT
"""A QEMU and its console, for tests: start, type, read, look at how it ended."""

import os
import re
import shlex
import time

import pexpect

import qemu
from harness import Failure, children

# Typed so that its echo is not the prompt itself.
PROMPT_COMMAND, PROMPT = "PS1='@''@ '", "@@ "
FIRST_PROMPT = r"(?:^|\n)\$ "
END = pexpect.EOF
TICKS = os.sysconf("SC_CLK_TCK")


class Console(pexpect.spawn):
    """A child on a pty, whose line ends are \\n here, in what is read and in the log.

    The kernel sends \\r\\n, and the pty makes \\r\\r\\n of it.
    """

    def __init__(self, argv, log):
        super().__init__(argv[0], argv[1:], cwd=qemu.ROOT, encoding="utf-8",
                         codec_errors="replace", timeout=None, maxread=65536)
        self.delaybeforesend = None
        self.log, self.held_back = log, ""

    def read_nonblocking(self, size=1, timeout=-1):
        data = self.held_back + super().read_nonblocking(size, timeout)
        self.held_back = data[len(data.rstrip("\r")):]
        data = re.sub("\r+\n", "\n", data[:len(data) - len(self.held_back)])
        self.log.write(data)
        self.log.flush()
        return data


class Machine:
    """One boot of the test's variant, on a copy of its image (`image`: of another image).

    With `run`, the machine runs that shell command line as process 1, quietly, and ends with it;
    otherwise it boots as for a user. `wait()` gives the machine's exit status. With `words`, QEMU
    gets these as well.

    Nothing waits for a time of its own, only until the test's is over: how long a machine takes is
    the host's business.
    """

    def __init__(self, t, memory="256M", smp=2, run=None, append="", image=None, words=()):
        self.t = t
        self.image = t.path(f"disk{len(os.listdir(t.directory))}.img")
        t.command("cp", "--sparse=always", image or t.variant.image, self.image)
        line = qemu.shell_command_line(run, append) if run is not None else append
        self.start = qemu.Start(t.variant.arch, t.variant.kernel, self.image, memory, smp, line)
        self.start.argv += words
        t.log.write("# " + shlex.join(self.start.argv) + "\n")
        t.log.flush()
        self.console = Console(self.start.argv, t.log)
        children.add(self.console.pid)
        t.at_end(self.close)

    def close(self):
        """Ends QEMU if it has not ended."""
        children.kill(self.console.pid)
        self.console.close(force=True)

    # --- reading and typing

    def expect(self, pattern):
        """Waits for a regular expression, or END; returns what came before it."""
        return self._expect(pattern, f"no {pattern!r}")

    def _expect(self, pattern, otherwise):
        wait = self.t.left()
        patterns = [pexpect.TIMEOUT, END] + ([pattern] if pattern is not END else [])
        found = self.console.expect(patterns, timeout=wait)
        text = self.console.before if isinstance(self.console.before, str) else ""
        if patterns[found] is pattern:
            return text
        panic = re.search(r"kernel panic: [^\r\n]*", text)
        if panic:
            raise Failure(panic.group())
        how = f"after {wait:.0f} s" if found == 0 else "and the machine has ended"
        raise Failure(f"{otherwise} {how}; see {self.t.log_name()}")

    def send(self, text):
        self.console.send(text)

    def boot(self):
        """Waits for the shell; returns all that was printed until then."""
        text = self._expect(FIRST_PROMPT, "no shell prompt")
        self.send(PROMPT_COMMAND + "\n")
        self.prompt()
        return text

    def prompt(self):
        """Waits for the next prompt; returns what came before it."""
        return self._expect(re.escape(PROMPT), "no prompt")

    def run(self, command, status=0):
        """Types a command line; returns its output. Fails unless its status is `status`."""
        self.send(command + "\n")
        self._expect(re.escape(command) + "\n", f"no echo of {command!r}")
        output = self.prompt()
        if status is not None:
            self.send("echo $?\n")
            got = self.prompt().split("\n")[-2]
            self.t.check_equal(f"status of `{command}`", got, str(status))
        return output

    # --- the end

    def output(self):
        """All that is printed until the machine ends, from the start of a `run` command on."""
        self._expect(r"(?:^|\n)[^\n]*xv39: /bin/init\n", "no start of /bin/init")
        return self._expect(END, "no end")

    def wait(self):
        """Waits until QEMU has ended; the machine's exit status."""
        self._expect(END, "no end of QEMU")
        return self.status()

    def status(self):
        """The machine's exit status, after its output has ended."""
        self.console.wait()
        if self.console.exitstatus is None:
            raise Failure(f"QEMU died of signal {self.console.signalstatus}")
        return self.start.exit_status(self.console.exitstatus)

    def power_off(self):
        """Types poweroff; the machine must end with status 0 and leave a clean file system."""
        self.send("poweroff\n")
        self.t.check_equal("exit status after poweroff", self.wait(), 0)
        self.check_disk()

    def check_disk(self):
        """e2fsck must have nothing to say about the image, a proper shutdown included."""
        check_image(self.t, self.image)

    def cpu_time(self):
        """Seconds of processor time that QEMU has used."""
        with open(f"/proc/{self.console.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def cpu_share(self, seconds):
        """How much of one host processor QEMU uses, in percent, over some seconds."""
        start, before = time.monotonic(), self.cpu_time()
        time.sleep(seconds)
        return 100 * (self.cpu_time() - before) / (time.monotonic() - start)


# ext2: where s_state is, and that it was unmounted.
SUPERBLOCK, STATE_FIELD, CLEAN = 1024, 58, 1


def check_image(t, image):
    """e2fsck -fn must find nothing in `image`, and it must have been unmounted."""
    report = t.command("/sbin/e2fsck", "-fn", image, status=None)
    usual = re.compile(r"e2fsck \d|Pass \d|.*: \d+/\d+ files .*blocks$")
    odd = [line for line in report.splitlines() if line and not usual.match(line)]
    t.check(not odd, "e2fsck: " + "; ".join(odd[:3]))
    t.check_equal("e2fsck's exit status", t.command_status, 0)
    # Of this e2fsck says nothing when it is told to check anyway (-f).
    with open(image, "rb") as disk:
        disk.seek(SUPERBLOCK + STATE_FIELD)
        t.check_equal("state of the file system", int.from_bytes(disk.read(2), "little"), CLEAN)
