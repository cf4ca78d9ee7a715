"""The stages of one `modelcheck check --backend native`, walked with a look at the clock between.

    python bench/walk.py cold|warm SPEC began=SECONDS [reduce=LIST] NAME=VALUE…      prints JSON

`began` is when this process did, by the monotonic clock, which is the system's.  Imports nothing
that the command does not, for that is the first stage.  With `reduce=` there is one worker.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from modelcheck import api
from modelcheck.backends.native import build as building
from modelcheck.backends.native.compiler import find_compiler, run_all
from modelcheck.backends.native.process import Message, SearchProcess
from modelcheck.cli import commands
from modelcheck.explore import native
from modelcheck.explore.limits import Watch
from modelcheck.explore.options import REDUCTIONS
from modelcheck.report import json as report
from modelcheck.specfiles import find_spec

MODEL_ALONE = "cc of the model"
RUNTIME_ALONE = "cc of the runtime"


class Clock:
    """Seconds by part, in the order in which they first came; a part that comes again adds up."""

    def __init__(self, began: float) -> None:
        self.parts: dict[str, float] = {}
        self._last = began

    def note(self, part: str) -> None:
        """All since the last look was this part."""
        now = time.monotonic()
        self.parts[part] = self.parts.get(part, 0.0) + now - self._last
        self._last = now

    def skip(self) -> None:
        """All since the last look is nobody's."""
        self._last = time.monotonic()


def walk(
    clock: Clock, spec: str, settings: dict[str, int], options: api.Options, *, is_cold: bool
) -> None:
    """Check a spec as the command does."""
    clock.note("Python, imports")
    loaded = api.load_spec(find_spec(spec))
    program = api.make_program(loaded, loaded.info.default, settings)
    clock.note("front end, passes")
    prepared = native.prepare(program, options)
    clock.note("emit")
    compiler = find_compiler()
    clock.note("which compiler")
    _time_compilers(clock)
    with building.build([prepared.source], compiler) as built:
        clock.note("cache, files")
        _time_search(clock)
        result = native.search_native(prepared, built, options, Watch(options))
        clock.note("paths, result, end")
    checked = api.Run(loaded.info, loaded.info.default, program, result, loaded.sources)
    api.draw_pictures(checked)
    clock.note("replay")
    report.write_json(report.result_to_json(checked.info, program, result, coverage=False))
    clock.note("report")
    if is_cold:
        _compile_alone(clock, prepared.source, compiler.command)


def _time_compilers(clock: Clock) -> None:
    """From here on a build tells the clock: first it compiles, then it links."""
    names = iter(("cc, model and runtime at once", "link"))

    def run_timed(
        todo: Sequence[Sequence[str]], folder: Path, check_stop: Callable[[], None] = lambda: None
    ) -> None:
        clock.note("cache, files")
        run_all(todo, folder, check_stop)
        clock.note(next(names))

    building.run_all = run_timed  # type: ignore[attr-defined, assignment]


def _time_search(clock: Clock) -> None:
    """From here on a search tells the clock."""

    class Search(SearchProcess):
        """Looks at the clock where the process has started and where the search has ended."""

        def __init__(self, built: building.Built, arguments: Sequence[str]) -> None:
            clock.note("paths, result, end")
            super().__init__(built, arguments)
            clock.note("process start")

        def read(self, seconds: float | None = None) -> Message | None:
            message = super().read(seconds)
            if message is not None and message["event"] == "end":
                clock.note("search")
            return message

    native.SearchProcess = Search  # type: ignore[attr-defined]


def _compile_alone(clock: Clock, source: building.Source, compiler: Sequence[str]) -> None:
    """The model, then the runtime, one file after the other."""
    words = [*compiler, *building.FLAGS, "-I", str(building.RUNTIME), "-c"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = {
            MODEL_ALONE: building.write_models([source], folder),
            RUNTIME_ALONE: sorted(building.RUNTIME.glob("*.c")),
        }
        for part, files in parts.items():
            clock.skip()
            for file in files:
                run_all([[*words, str(file), "-o", str(folder / f"{file.stem}.o")]], folder)
            clock.note(part)


def read_options(reduce: str | None) -> api.Options:
    """Those of the command; with reductions named (or `none`), for a comparison, one worker."""
    if reduce is None:
        return api.Options(backend="native")
    chosen = frozenset(one for one in REDUCTIONS if one in reduce.split(","))
    return api.Options(backend="native", workers=1, reduce=chosen)


def main(arguments: list[str]) -> int:
    """Print the seconds of each stage."""
    cache, spec, *rest = arguments
    words = dict(word.split("=", 1) for word in rest)
    clock = Clock(float(words.pop("began")))
    options = read_options(words.pop("reduce", None))
    settings = {name: int(value) for name, value in words.items()}
    walk(clock, spec, settings, options, is_cold=cache == "cold")
    print(json.dumps(clock.parts, indent=2))  # noqa: T201 (a program)
    return 0


if __name__ == "__main__":
    assert commands.modelcheck is not None  # imported, as the command imports it
    sys.exit(main(sys.argv[1:]))
