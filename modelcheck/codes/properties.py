"""MC3xx: properties and variants."""

from __future__ import annotations

from modelcheck.codes.row import Code

ROWS: tuple[Code, ...] = ()
