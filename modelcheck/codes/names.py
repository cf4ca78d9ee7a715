"""MC20x to MC22x: names and declarations."""

from __future__ import annotations

from modelcheck.codes.row import Code

ROWS: tuple[Code, ...] = ()
