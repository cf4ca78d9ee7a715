"""Headless Chromium for tests, driven over a pipe by the DevTools protocol.

No driver, no port, no package: `--remote-debugging-pipe` reads JSON from file descriptor 3 and
writes it to 4, each message ending in a zero byte (chromium, content/public/common/
content_switches.cc).
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

SECONDS = 30  # for one answer
KEYS = {"ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35, "d": 68, "/": 191}
SHIFT = 8


def find_chromium():
    """The browser of this machine, or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next(filter(None, map(shutil.which, names)), None)


class Browser:
    """One browser with one page: `open` a file, press keys, ask the page, look at it."""

    def __init__(self):
        self._folder = tempfile.mkdtemp(prefix="modelcheck-chromium-")
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()

        def set_pipes():
            os.dup2(to_browser, 3)
            os.dup2(from_browser, 4)

        self._process = subprocess.Popen(
            [
                find_chromium(),
                *("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                *("--no-first-run", "--disable-background-networking"),
                f"--user-data-dir={self._folder}",
                *("--remote-debugging-pipe", "about:blank"),
            ],
            preexec_fn=set_pipes,  # noqa: PLW1509 (no threads; the numbers are the protocol's)
            pass_fds=(3, 4),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._buffer = b""
        self._number = 0
        self.session = None
        self.complaints = []  # console errors, exceptions, blocked requests
        self.requests = []
        try:
            self._attach()
        except AssertionError:
            self.close()
            raise

    def _attach(self):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def close(self):
        """End the browser with all its processes, and remove its folder."""
        self.session = None
        try:
            self.call("Browser.close")
            self._process.wait(SECONDS)
        except (AssertionError, OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        os.close(self._write)
        os.close(self._read)
        shutil.rmtree(self._folder, ignore_errors=True)

    def call(self, method, **parameters):
        """The answer to one command; what the page says meanwhile is noted."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    def _receive(self):
        until = time.monotonic() + SECONDS
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(until - time.monotonic(), 0))
            data = os.read(self._read, 1 << 20) if ready else b""
            if not data:
                raise AssertionError("the browser does not answer")
            self._buffer += data
        line, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(line)

    def _note(self, event):
        facts = event.get("params", {})
        match event.get("method"):
            case "Runtime.exceptionThrown":
                self.complaints.append(facts["exceptionDetails"])
            case "Runtime.consoleAPICalled" if facts["type"] in ("error", "warning"):
                self.complaints.append(facts["args"])
            case "Log.entryAdded" if facts["entry"]["level"] in ("error", "warning"):
                self.complaints.append(facts["entry"])
            case "Network.requestWillBeSent":
                self.requests.append(facts["request"]["url"])
            case "Page.loadEventFired":
                self._loaded = True

    def open(self, path, hash_="", *, scripts=True, dark=False, width=1200, height=900):
        """Load a file and wait until it is there."""
        self.complaints.clear()
        self.requests.clear()
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        self.call("Page.navigate", url="about:blank")  # else a change of the hash loads nothing
        self._wait_for_load()
        url = Path(path).resolve().as_uri() + (f"#{hash_}" if hash_ else "")
        self.call("Page.navigate", url=url)
        self._wait_for_load()
        own = ("about:blank", url.partition("#")[0])
        self.requests[:] = [r for r in self.requests if r.partition("#")[0] not in own]

    def _wait_for_load(self):
        self._loaded = False
        while not self._loaded:
            self._note(self._receive())

    def press(self, key, *, shift=False):
        """One key, as from a keyboard."""
        facts = {
            "key": key,
            "code": key,
            "windowsVirtualKeyCode": KEYS[key],
            "modifiers": SHIFT if shift else 0,
        }
        if len(key) == 1:
            facts["text"] = key
        self.call("Input.dispatchKeyEvent", type="keyDown", **facts)
        self.call("Input.dispatchKeyEvent", type="keyUp", **facts)

    def ask(self, expression):
        """The value of a JavaScript expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def shoot(self, path, *, whole=False):
        """A picture of the window, or of the whole page."""
        done = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        Path(path).write_bytes(base64.b64decode(done["data"]))
