"""A spec and a variant → an attempt to prove it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from modelcheck import api
from modelcheck.prove.prove import ProveOptions, prove
from modelcheck.prove.result import Proving
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


def attempt(argument: str, choice: api.Choice, options: ProveOptions) -> Attempt:
    """Try to prove one program of the spec that `argument` names.

    Raises `SpecErrors`, `SelectionError`, and `UnsupportedError` for what no formula tells of.
    """
    spec = api.load_spec(find_spec(argument))
    variant = choose_variant(spec.info, choice.variant)
    program = api.make_program(spec, variant, read_settings(spec.info, choice.settings))
    api.require_known(program, options.properties or ())
    run = api.Run(spec.info, variant, program, None, spec.sources, spec.warnings(program))
    if variant.needs:
        return Attempt(run, None)
    proving = prove(program, replace(options, variant=variant.name))
    return Attempt(replace(run, result=proving.violation), proving)
