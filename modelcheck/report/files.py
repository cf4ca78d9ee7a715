"""Text to files, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


class OutputError(Exception):
    """A file could not be written: a full disk, a missing permission, a folder in the way."""


def write_whole(path: Path, text: str) -> None:
    """Put `text` into the file `path`, making its folder; the old file stays until all is written.

    A reader sees the old file or the new one, never half of one: the text goes to a file beside
    it, is flushed to the disk and then renamed.  Raises `OutputError`.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        temporary = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_read_umask())
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None


def _read_umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
