"""MC23x to MC29x: types and values."""

from __future__ import annotations

from modelcheck.codes.row import Code

ROWS: tuple[Code, ...] = ()
