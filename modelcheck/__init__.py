"""A model checker for the concurrency of kernel routines.

`modelcheck.check`, `modelcheck.sample`, `modelcheck.replay` and the errors that they raise are
those of `modelcheck.notebook`, imported when they are first asked for: the command line, and a spec
that names `modelcheck.lang`, need none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelcheck.diagnostics import SpecError as SpecError
    from modelcheck.diagnostics import SpecErrors as SpecErrors
    from modelcheck.notebook import check as check
    from modelcheck.notebook import replay as replay
    from modelcheck.notebook import sample as sample
    from modelcheck.specfiles import SelectionError as SelectionError

_NAMES = ("SelectionError", "SpecError", "SpecErrors", "check", "replay", "sample")


def __getattr__(name: str) -> object:
    """What the package gives."""
    if name not in _NAMES:
        raise AttributeError(f"module `modelcheck` has no attribute `{name}`")
    from modelcheck import notebook

    return getattr(notebook, name)


def __dir__() -> list[str]:
    """All names, those too that are imported when they are asked for."""
    return sorted({*globals(), *_NAMES})
