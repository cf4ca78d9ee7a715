"""Work that is done beside the front end, so that nobody waits for it later."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

_SECONDS_BETWEEN_LOOKS = 0.002


class Ahead:
    """A task in a thread of its own.  Whoever needs what it makes waits for it and then looks
    whether it is there: a task that failed is done again by them, and what is wrong is said there.
    """

    def __init__(self, task: Callable[[Callable[[], None]], None]) -> None:
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(task,))
        self._thread.start()

    def wait(self, check_stop: Callable[[], None] = lambda: None) -> None:
        """Wait until it is done; what `check_stop` raises ends the waiting."""
        while self._thread.is_alive():
            check_stop()
            self._thread.join(_SECONDS_BETWEEN_LOOKS)

    def stop(self) -> None:
        """End it, done or not."""
        self._is_stopped.set()
        self._thread.join()

    def _run(self, task: Callable[[Callable[[], None]], None]) -> None:
        with contextlib.suppress(Exception):  # whoever needs it meets the same and says so
            task(self._check_stop)

    def _check_stop(self) -> None:
        if self._is_stopped.is_set():
            raise _StoppedError


class _StoppedError(Exception):
    """Nobody needs it any more."""
