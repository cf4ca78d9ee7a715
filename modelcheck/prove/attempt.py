"""A spec and a variant → an attempt to prove it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from modelcheck import api
from modelcheck.backends.smt.ways import UnsupportedError
from modelcheck.diagnostics import SpecErrors
from modelcheck.ir.nodes import Program
from modelcheck.prove.anynumber import prove_any
from modelcheck.prove.prove import ProveOptions, prove
from modelcheck.prove.result import Proving
from modelcheck.prove.sizes import list_counts
from modelcheck.settings import choose_variant, read_settings
from modelcheck.specfiles import find_spec


@dataclass(frozen=True, slots=True)
class Attempt:
    """A program and what z3 can say of it.

    `run` has the program, and as its result the nearest violation, if there is one; `proving` is
    None where the variant needs what this version cannot do.
    """

    run: api.Run
    proving: Proving | None


def attempt(
    argument: str, choice: api.Choice, options: ProveOptions, *, any_number: bool = False
) -> Attempt:
    """Try to prove one program of the spec that `argument` names; with `any_number` all that have
    more or fewer threads.

    Raises `SpecErrors`, `SelectionError`, and `UnsupportedError` for what no formula tells of.
    """
    spec = api.load_spec(find_spec(argument))
    variant = choose_variant(spec.info, choice.variant)
    program = api.make_program(spec, variant, read_settings(spec.info, choice.settings))
    api.require_known(program, options.properties or ())
    run = api.Run(spec.info, variant, program, None, spec.sources, spec.warnings(program))
    if variant.needs:
        return Attempt(run, None)
    options = replace(options, variant=variant.name)
    if any_number:
        given = read_settings(spec.info, choice.settings)

        def make(counts: Mapping[str, int]) -> Program:
            try:
                return api.make_program(spec, variant, {**given, **counts})
            except SpecErrors as errors:
                sizes = ", ".join(f"{name}={count}" for name, count in counts.items())
                first = errors.errors[0]
                raise UnsupportedError(
                    f"with {sizes} there is no program ({first.message}, line {first.span.line})"
                ) from errors

        proving = prove_any(make, list_counts(spec, program), options)
    else:
        proving = prove(program, options)
    return Attempt(replace(run, result=proving.violation), proving)
