"""Every variant of every spec on both backends, as it is and with each reduction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agree.batch import NOTHING
from agree.combinations import COMBINATIONS
from agree.compare import compare_unreduced, list_differences
from modelcheck import api
from modelcheck.backends.python.model import compile_program
from modelcheck.explore.native import explore_native
from modelcheck.explore.options import Options
from modelcheck.explore.search import Run
from modelcheck.ir.nodes import Program
from modelcheck.specfiles import find_spec


def list_programs(root: Path) -> Iterator[tuple[str, Program]]:
    """The programs, each with the names of its spec and variant."""
    for path in sorted(root.glob("specs/*/*.py")):
        spec = api.load_spec(find_spec(str(path)))
        for variant in (spec.info.default, *(v for v in spec.info.variants if not v.needs)):
            yield f"{path.stem} {variant.name or 'default'}", api.make_program(spec, variant, {})


def compare_specs(root: Path) -> Iterator[str]:
    """What differs, a line each."""
    for name, program in list_programs(root):
        model = compile_program(program)
        full = Run(model, Options(ranges=True)).execute()
        for reduce in (NOTHING, *COMBINATIONS):
            options = Options(ranges=True, reduce=reduce)
            theirs = Run(model, options).execute() if reduce else full
            found = [*compare_unreduced(theirs, full)]
            found += list_differences(theirs, explore_native(program, options))
            yield from (f"{name} {sorted(reduce)}: {difference}" for difference in found)
