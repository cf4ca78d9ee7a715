"""The C compiler of this machine: which one it is, and running it.

A compiler is identified by its path and by what it says of its version, so that what another one
built is never taken for its work.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

NAMES = ("cc", "gcc", "clang")
VERSION_SECONDS = 10.0  # a compiler that takes longer to say its version is none
COMPILE_SECONDS = 900.0
_SECONDS_BETWEEN_LOOKS = 0.002


class NoCompilerError(Exception):
    """There is no C compiler; the message says what was looked for."""


class CompileFailure(Exception):  # noqa: N818  caught by `build`, which says what was kept
    """A compiler that failed on our text: how it was called, how it ended, what it said."""

    def __init__(self, command: Sequence[str], ending: str, said: str) -> None:
        super().__init__(ending)
        self.command = tuple(command)
        self.ending = ending
        self.said = said


@dataclass(frozen=True, slots=True)
class Compiler:
    """How to call a compiler (with the words that `$CC` gives it), and what it is."""

    command: tuple[str, ...]
    identity: str


def find_compiler(environment: Mapping[str, str] | None = None) -> Compiler:
    """The compiler that `$CC` names, else the first of cc, gcc and clang.

    Raises NoCompilerError.
    """
    return _identify(locate_compiler(environment))


def locate_compiler(environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """How that compiler is called; nothing is run.  Raises NoCompilerError.

    What `$CC` names is never replaced by another one in silence.
    """
    environment = os.environ if environment is None else environment
    named = environment.get("CC", "").strip()
    if not named:
        for name in NAMES:
            path = shutil.which(name, path=environment.get("PATH"))
            if path is not None:
                return (path,)
        raise NoCompilerError(f"no C compiler was found ({', '.join(NAMES)}; or set $CC)")
    try:
        words = shlex.split(named)
    except ValueError as error:
        raise NoCompilerError(f"$CC is `{named}`, which is no command: {error}") from None
    path = shutil.which(words[0], path=environment.get("PATH"))
    if path is None:
        raise NoCompilerError(f"$CC is `{named}`, and there is no program `{words[0]}`")
    return (path, *words[1:])


def _identify(command: tuple[str, ...]) -> Compiler:
    try:
        done = subprocess.run(  # noqa: S603  the user's own compiler
            [*command, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=VERSION_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = error.strerror if isinstance(error, OSError) else "it does not end"
        raise NoCompilerError(f"`{command[0]} --version` cannot be run: {reason}") from None
    # A version of no known form is one too; the file's size and time tell the rest.
    facts = Path(command[0]).resolve().stat()
    said = done.stdout.decode(errors="replace")
    where = Path(command[0]).resolve()
    identity = [*command, str(where), f"{facts.st_size} {facts.st_mtime_ns}", said]
    return Compiler(command, "\n".join(identity))


def run_all(
    commands: Sequence[Sequence[str]],
    folder: Path,
    check_stop: Callable[[], None] = lambda: None,
) -> None:
    """Run compilers side by side, at most one for each core, until all have ended.

    What they write besides goes into `folder`.  `check_stop` is called often and may raise;
    whatever ends this call early, no compiler stays behind.  Raises CompileFailure.
    """
    waiting = [_Run(command, folder / f"said-{i}.txt") for i, command in enumerate(commands)]
    waiting.reverse()
    running: list[_Run] = []
    room = max(1, count_cores())
    try:
        while waiting or running:
            while waiting and len(running) < room:
                running.append(waiting.pop())
                running[-1].start(folder)
            check_stop()
            still = [run for run in running if not run.has_ended()]
            if len(still) == len(running):
                time.sleep(_SECONDS_BETWEEN_LOOKS)
            running = still
    finally:
        for run in running:
            run.kill()


def count_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Run:
    """One call of a compiler."""

    def __init__(self, command: Sequence[str], said: Path) -> None:
        self._command = command
        self._said = said
        self._process: subprocess.Popen[bytes] | None = None
        self._deadline = 0.0

    def start(self, folder: Path) -> None:
        self._deadline = time.monotonic() + COMPILE_SECONDS
        try:
            with self._said.open("wb") as output:
                self._process = subprocess.Popen(  # noqa: S603  the user's own compiler
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    # Its own temporary files go where everything is removed, even if it is killed.
                    env={**os.environ, "TMPDIR": str(folder)},
                    start_new_session=True,  # Ctrl-C is for us; and it ends with all it started
                )
        except OSError as error:
            raise CompileFailure(self._command, f"cannot be run: {error.strerror}", "") from None

    def has_ended(self) -> bool:
        """Whether it has; raises CompileFailure if not well, or if it takes too long."""
        if self._process is None or self._process.poll() is None:
            if time.monotonic() > self._deadline:
                raise CompileFailure(
                    self._command, f"did not end within {COMPILE_SECONDS:.0f} s", self._read()
                )
            return False
        code = self._process.returncode
        if code:
            raise CompileFailure(self._command, describe_exit(code), self._read())
        return True

    def kill(self) -> None:
        """End it and whatever it started."""
        if self._process is not None:
            kill_group(self._process)

    def _read(self) -> str:
        try:
            return self._said.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started in its own session, with all its children, and reap it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.wait()


def describe_exit(code: int) -> str:
    """`ended with exit code 3`, `was killed by SIGKILL`."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
