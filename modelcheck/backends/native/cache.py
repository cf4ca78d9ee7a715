"""Built files by content: a folder that is nobody's to trust but ours.

An entry is a file and behind it a mark with the hash of its key and content, so that one that was
cut off, swapped or written half is noticed and built anew.  The cache is a convenience: where it
cannot be read or written, nothing fails.  Nothing is ever run from a folder that others can write.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import time
from pathlib import Path

from platformdirs import user_cache_dir

VARIABLE = "MODELCHECK_CACHE"  # another folder
MAX_BYTES = 512 << 20
_MARK = b"modelcheck-cache-1\n"
_SECONDS_BETWEEN_TRIMS = 3600.0
_YOUNG_SECONDS = 600.0  # somebody may be about to run an entry that was used so recently
_LAST_TRIM = "last-trim"


def find_folder() -> Path:
    """Where the cache lies for this user."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else Path(user_cache_dir("modelcheck", appauthor=False)) / "built"


class Cache:
    """The entries of one folder, which need not be there."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def find(self, key: str) -> Path | None:
        """The file of that key, whole and unchanged; None where there is none."""
        if not self._is_ours():
            return None
        path = self._folder / key
        try:
            facts = path.lstat()
            if not stat.S_ISREG(facts.st_mode) or not _is_private(facts):
                return None
            content = path.read_bytes()
        except OSError:
            return None
        size = len(content) - len(_make_mark(key, b""))
        if size < 0 or content[size:] != _make_mark(key, content[:size]):
            return None
        if time.time() - facts.st_mtime > _YOUNG_SECONDS / 2:
            _touch(path)
        return path

    def store(self, key: str, built: Path) -> Path:
        """Put a built file into the cache; where it is now, which is `built` if that fails."""
        temporary = None
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._is_ours():
                return built
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".part-")
            temporary = Path(name)
            content = built.read_bytes()
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.write(_make_mark(key, content))
            temporary.chmod(0o700)
            temporary.replace(self._folder / key)
        except OSError:
            if temporary is not None:
                _remove(temporary)
            return built
        self._trim_if_due()
        return self._folder / key

    def _is_ours(self) -> bool:
        """Whether nobody else can put something into the folder.

        Soundness: what lies here is run; `test_build_cache.py` makes the folder writable for all.
        """
        try:
            facts = self._folder.stat()
        except OSError:
            return False
        return stat.S_ISDIR(facts.st_mode) and _is_private(facts)

    def _trim_if_due(self) -> None:
        stamp = self._folder / _LAST_TRIM
        try:
            if time.time() - stamp.stat().st_mtime < _SECONDS_BETWEEN_TRIMS:
                return
        except OSError:
            pass
        try:
            stamp.touch()
            self.trim()
        except OSError:
            return

    def trim(self) -> None:
        """Drop what was used least recently, until the rest is small enough."""
        entries = []
        now = time.time()
        for path in self._folder.iterdir():
            facts = path.lstat()
            if path.name.startswith(".part-"):  # whoever wrote it is gone
                if now - facts.st_mtime > _YOUNG_SECONDS:
                    _remove(path)
            elif stat.S_ISREG(facts.st_mode) and path.name != _LAST_TRIM:
                entries.append((facts.st_mtime, facts.st_size, path))
        total = sum(size for _, size, _ in entries)
        for used, size, path in sorted(entries):
            if total <= self._max_bytes or now - used < _YOUNG_SECONDS:
                return
            _remove(path)
            total -= size


def hash_parts(*parts: str | bytes) -> str:
    """One key of several texts; no two lists of texts have the same by being joined."""
    made = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        made.update(len(content).to_bytes(8, "little"))
        made.update(content)
    return made.hexdigest()


def _make_mark(key: str, content: bytes) -> bytes:
    return _MARK + hash_parts(key, content).encode()


def _is_private(facts: os.stat_result) -> bool:
    if not hasattr(os, "geteuid"):
        return True
    return facts.st_uid == os.geteuid() and not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _touch(path: Path) -> None:
    try:
        os.utime(path)
    except OSError:
        return


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
