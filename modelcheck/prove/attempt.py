"""A spec and a variant → an attempt to prove it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace

from modelcheck import api
from modelcheck.backends.smt.ways import UnsupportedError
from modelcheck.frontend import Spec
from modelcheck.ir.nodes import Program
from modelcheck.prove.anynumber import prove_any
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
    if any_number:
        given = read_settings(spec.info, choice.settings)

        def make(counts: Mapping[str, int]) -> Program:
            return api.make_program(spec, variant, {**given, **counts})

        proving = prove_any(make, list_counts(spec, program), options)
    else:
        proving = prove(program, replace(options, variant=variant.name))
    return Attempt(replace(run, result=proving.violation), proving)


def list_counts(spec: Spec, program: Program) -> dict[str, int]:
    """The parameters that a spec's text uses to say how many threads there are, and for nothing
    else, with their values.

    Raises UnsupportedError where the text asks how many threads or places there are.

    Soundness: code that asks a parameter may be other code for sizes that nobody compares
    (`if closers > 100`); so whatever names one but a `count=` takes it out.
    """
    values = {s.name: int(s.value) for s in program.settings if s.value.isdecimal()}
    found = {p.name: values[p.name] for p in spec.info.parameters if p.name in values}
    for module in spec.modules.in_order():
        if module.library:
            continue
        counting = {
            id(keyword.value)
            for node in ast.walk(module.source.tree)
            if isinstance(node, ast.Call) and module.word(node) == "thread"
            for keyword in node.keywords
            if keyword.arg == "count" and isinstance(keyword.value, ast.Name)
        }
        for node in ast.walk(module.source.tree):
            if not isinstance(node, ast.Name):
                continue
            if module.word(node) in ("threads", "places"):
                raise UnsupportedError(f"it asks for all {node.id} (line {node.lineno})")
            if isinstance(node.ctx, ast.Load) and id(node) not in counting:
                found.pop(node.id, None)
    return found
