"""`record`: dataclasses that nobody changes, made three times as fast as frozen ones.

A frozen dataclass sets its fields by `object.__setattr__`, one call each.  A gate makes millions of
nodes and types, and that was a tenth of its time.  So for mypy `record` is `dataclass`, and what is
`frozen=True` cannot be assigned to; when it runs, a frozen record is a dataclass with the same
equality and hash that would let itself be changed.  `python -X dev` makes them frozen for real.

Soundness: a node that is changed after it was hashed, remembered or shared is another one than was
looked at.  mypy refuses every such assignment; `test_records.py` runs specs through the whole
pipeline with records that refuse it themselves.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:
    from dataclasses import dataclass

    def record(*, frozen: bool, **options: bool) -> Callable[[type], Any]:  # a dataclass
        """As `dataclass`, but what is frozen refuses changes under `python -X dev` only."""
        if frozen and not sys.flags.dev_mode:
            return dataclass(unsafe_hash=True, **options)
        return dataclass(frozen=frozen, **options)


__all__ = ["record"]
