"""The search process: started, spoken with line by line, and always ended.

One JSON object a line comes from it, one command a line goes to it.  It lives in a session of its
own, so that Ctrl-C reaches only us; it ends when its input does, so nothing is left behind however
we end.  One that dies or says something that is no message raises, and what is needed to find out
why is kept.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import selectors
import shlex
import subprocess
import tempfile
import time
import weakref
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Any, NoReturn, Self  # Any: JSON values

from modelcheck.backends.native.build import Built
from modelcheck.backends.native.compiler import describe_exit, kill_group
from modelcheck.diagnostics import InternalError

Message = dict[str, Any]

_CHUNK = 1 << 16
_SECONDS_TO_END = 5.0  # once its output has ended
_SECONDS_TO_LEAVE = 0.2  # once its input has ended
_SECONDS_BETWEEN_TRIES = 0.01
_TRIES = 20  # to run a file that somebody is still writing, says the system


class SearchDiedError(InternalError):
    """The search process ended, or said something that nobody understands."""


class SearchProcess:
    """A running search; use it in a `with`."""

    def __init__(self, built: Built, arguments: Sequence[str]) -> None:
        self._built = built
        self._command = (str(built.program), *arguments)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  closed by `close`
        try:
            self._process = _start(self._command, self._said.fileno())
        except OSError as error:
            self._said.close()
            raise SearchDiedError(
                f"the search process cannot be run: {error.strerror}{self._keep('')}"
            ) from None
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise InternalError("a process without pipes")
        # Whoever forgets to close leaves no process behind either.
        self._close_files = weakref.finalize(self, _close_files, stdout, self._said)
        self._end = weakref.finalize(self, _end, self._process)
        self._stdin, self._stdout = stdin, stdout
        os.set_blocking(stdout.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(stdout, selectors.EVENT_READ)
        self._buffer = bytearray()
        self._searched = 0  # up to here the buffer has no line end

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def read(self, seconds: float | None = None) -> Message | None:
        """The next message; None if there is none for so long (None: wait for ever).

        Raises SearchDiedError.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while (line := self._take_line()) is None:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not self._selector.select(left):
                return None
            chunk = os.read(self._stdout.fileno(), _CHUNK)
            if not chunk:
                self._fail_ended()
            self._buffer += chunk
        return self._parse(line)

    def write(self, *lines: str) -> None:
        """Send commands.  Raises SearchDiedError."""
        try:
            self._stdin.write("".join(f"{line}\n" for line in lines).encode())
            self._stdin.flush()
        except OSError:
            self._fail_ended()

    def close(self) -> None:
        """End the process, if it still runs, and wait for it."""
        self._end()
        self._selector.close()
        self._close_files()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _take_line(self) -> bytes | None:
        end = self._buffer.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._buffer)
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        return line

    def _parse(self, line: bytes) -> Message:
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict) or not isinstance(message.get("event"), str):
            self.fail("said something that is no message", line.decode(errors="replace"))
        if message["event"] == "error":
            self.fail(f"gave up: {message.get('message')}", line.decode(errors="replace"))
        return message

    def fail(self, reason: str, message: str = "") -> NoReturn:
        """End the process, keep everything about it, and raise SearchDiedError."""
        self._end()
        raise SearchDiedError(f"the search process {reason}{self._keep(message)}")

    def _fail_ended(self) -> NoReturn:
        """Say how the process ended."""
        try:
            code = self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.fail("closed its pipes and did not end")
        killed = " (where memory is short, the system does that)" if code == -9 else ""
        self.fail(f"{describe_exit(code)}{killed}")

    def _keep(self, message: str) -> str:
        """What is kept, and where, in words."""
        texts = {"command.txt": f"{shlex.join(self._command)}\n", "stderr.txt": self._read_said()}
        if message:
            texts["message.txt"] = f"{message}\n"
        try:
            folder = self._built.keep(texts)
        except OSError as error:
            return f"; nothing about it could be kept: {error.strerror}"
        return (
            f"; kept: the C file {folder / 'model-0.c'}, the executable {folder / 'search'}, what "
            f"it wrote to stderr {folder / 'stderr.txt'}"
        )

    def _read_said(self) -> str:
        try:
            self._said.seek(0)
            return self._said.read().decode(errors="replace")
        except (OSError, ValueError):
            return ""


def _start(command: Sequence[str], errors: int) -> subprocess.Popen[bytes]:
    for _ in range(_TRIES):
        try:
            return _start_once(command, errors)
        except OSError as error:
            # A fork elsewhere in this process may hold the file open for writing for a moment.
            if error.errno != errno.ETXTBSY:
                raise
            time.sleep(_SECONDS_BETWEEN_TRIES)
    return _start_once(command, errors)


def _start_once(command: Sequence[str], errors: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  what we built
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        start_new_session=True,
    )


def _close_files(*files: IO[bytes]) -> None:
    for file in files:
        file.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process: its input ends, and if that does not help at once, it is killed."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(_SECONDS_TO_LEAVE)
    except subprocess.TimeoutExpired:
        kill_group(process)
