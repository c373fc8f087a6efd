# SPDX-License-Identifier: MIT
"""A headless Chromium, for tests: opened on a file, clicked, typed at, asked what it shows.

It is led by the DevTools protocol over a pair of pipes (--remote-debugging-pipe): messages are
JSON, each ended by a zero byte, on the browser's file descriptors 3 and 4. Input goes through the
browser's own event handling, as a user's would. Nothing waits for a fixed time: each command is
answered when its effect is there.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time

OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-sync",
           "--disable-extensions", "--disable-dev-shm-usage", "--hide-scrollbars=false",
           "--remote-debugging-pipe", "--window-size=1280,900"]

# Puts the pipes where the browser looks for them, then becomes the browser.
LAUNCHER = """import fcntl, os, sys
ends = [fcntl.fcntl(int(n), fcntl.F_DUPFD, 10) for n in sys.argv[1:3]]
for number, end in zip((3, 4), ends):
    os.dup2(end, number)
os.execvp(sys.argv[3], sys.argv[3:])"""

KEYS = {"Enter": (13, "\r"), "Tab": (9, ""), " ": (32, " "), "Escape": (27, "")}


class Error(Exception):
    """The browser did not do what it was told."""


def program():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return name
    raise Error("chromium not found: run 'make deps'")


class Browser:
    """One browser with one tab. `left()` gives the seconds that remain for whatever is asked."""

    def __init__(self, profile, left, log):
        self.left, self.events, self.session, self.number = left, [], None, 0
        to_read, self.to = os.pipe()
        self.answers, to_write = os.pipe()
        argv = [sys.executable, "-c", LAUNCHER, str(to_read), str(to_write), program(), *OPTIONS,
                "--user-data-dir=" + profile, "about:blank"]
        self.process = subprocess.Popen(argv, pass_fds=(to_read, to_write), stdout=log, stderr=log,
                                        stdin=subprocess.DEVNULL, start_new_session=True)
        os.close(to_read)
        os.close(to_write)
        self.pending = b""

    def attach(self):
        """Takes hold of a tab; its exceptions and requests are noted from now on."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        self.media()

    def close(self):
        """Tells it to end; whoever owns the process group ends what is left of it."""
        try:
            self.session = None
            self.call("Browser.close")
        except (Error, OSError):
            pass
        os.close(self.to)
        os.close(self.answers)

    # --- the protocol

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Error(f"{method}: {answer['error'].get('message')}")
                return answer["result"]

    def receive(self):
        """The next message; events are kept."""
        deadline = time.monotonic() + min(60, self.left())
        while b"\0" not in self.pending:
            wait = deadline - time.monotonic()
            if wait <= 0 or not select.select([self.answers], [], [], wait)[0]:
                raise Error("no answer from the browser")
            data = os.read(self.answers, 1 << 20)
            if not data:
                raise Error("the browser has ended")
            self.pending += data
        line, self.pending = self.pending.split(b"\0", 1)
        message = json.loads(line)
        if "method" in message:
            self.events.append(message)
        return message

    def wait_for(self, method):
        while not any(event["method"] == method for event in self.events):
            self.receive()

    # --- what a user does

    def open(self, path):
        self.events.clear()
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        self.wait_for("Page.loadEventFired")

    def media(self, scheme="light", medium=""):
        """Emulates the system's settings; motion is always reduced: clicks must hit."""
        self.call("Emulation.setEmulatedMedia", media=medium, features=[
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"}])

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def js(self, expression):
        """The value of an expression in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            text = details.get("exception", {}).get("description") or details["text"]
            raise Error(f"{expression}: {text}")
        return result["result"].get("value")

    def click(self, selector):
        """Scrolls to the one element that is meant and presses the mouse on its middle."""
        place = self.js(f"""(() => {{
            const all = document.querySelectorAll({json.dumps(selector)});
            if (all.length !== 1) return all.length;
            all[0].scrollIntoView({{block: 'center', behavior: 'instant'}});
            const box = all[0].getBoundingClientRect();
            const x = box.x + box.width / 2, y = box.y + box.height / 2;
            const hit = document.elementFromPoint(x, y);
            if (all[0].contains(hit)) return [x, y];
            return 'covered by ' + (hit && hit.outerHTML.slice(0, 80));
        }})()""")
        if not isinstance(place, list):
            raise Error(f"click on {selector}: {place}")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left",
                      clickCount=1)

    def key(self, name, shift=False):
        code, text = KEYS[name]
        keys = {"key": name, "code": "Space" if name == " " else name, "modifiers": 8 * shift,
                "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **keys)
        self.call("Input.dispatchKeyEvent", type="keyUp", **keys)

    def type(self, selector, text):
        """Replaces what stands in an input, and presses Enter."""
        self.js(f"(() => {{ const input = document.querySelector({json.dumps(selector)});"
                "input.focus(); input.select(); })()")
        self.call("Input.insertText", text=text)
        self.key("Enter")

    def select(self, selector, value):
        """Chooses an option as the keyboard would: sets it and says so."""
        self.js(f"""(() => {{ const select = document.querySelector({json.dumps(selector)});
            select.focus(); select.value = {json.dumps(value)};
            select.dispatchEvent(new Event('change', {{bubbles: true}})); }})()""")

    # --- what a user sees

    def text(self, selector):
        return self.js(f"document.querySelector({json.dumps(selector)})?.innerText")

    def texts(self, selector):
        return self.js(f"[...document.querySelectorAll({json.dumps(selector)})]"
                       ".map(e => e.textContent)")

    def visible(self, selector):
        return self.js(f"!!document.querySelector({json.dumps(selector)})?.checkVisibility()")

    def mistakes(self):
        """Exceptions and console errors so far, as text."""
        def bad(method, params):
            return (method == "Runtime.exceptionThrown"
                    or method == "Log.entryAdded" and params["entry"]["level"] == "error")
        return [json.dumps(event["params"])[:500] for event in self.events
                if bad(event["method"], event["params"])]

    def requests(self):
        """The addresses of everything that the page has asked for."""
        return [event["params"]["request"]["url"] for event in self.events
                if event["method"] == "Network.requestWillBeSent"]

    def screenshot(self, path, selector=None):
        """A PNG of an element, or of the window."""
        clip = {}
        if selector:
            clip["clip"] = self.js(f"""(() => {{
                const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();
                return {{x: box.x + scrollX, y: box.y + scrollY, width: box.width,
                         height: box.height, scale: 1}}; }})()""")
            clip["captureBeyondViewport"] = True
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", **clip)["data"]))

    def pdf(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True,
                                                  printBackground=True)["data"]))
