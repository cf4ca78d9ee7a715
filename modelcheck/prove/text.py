"""An attempt at a proof as text: the answer, how each property was proved, what is missing."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Program
from modelcheck.prove.attempt import Attempt
from modelcheck.prove.result import TRIVIAL, Answer, Counterexample, Proof, Proving, Station
from modelcheck.report.text import describe_settings

_HEADINGS = {
    Answer.PROVED: "PROVED",
    Answer.VIOLATED: "VIOLATED",
    Answer.OPEN: "INCONCLUSIVE",
}


def describe_attempt(attempt: Attempt, traces: Sequence[str]) -> Iterator[str]:
    """The lines of an attempt; `traces` are the witnesses of the nearest violation, as text."""
    run, proving = attempt.run, attempt.proving
    if proving is None:
        return
    if traces:
        for trace in traces:
            yield from trace.rstrip("\n").splitlines()
    else:
        settings = describe_settings(run.program, run.variant.name)
        for name in proving.counted:
            settings = re.sub(rf"(?<= ){name}=\S+", f"{name}=any", settings)
        yield f"{_HEADINGS[proving.answer]}  {run.info.path}{settings}"
    yield from _describe_known(proving)
    yield from _describe_open(proving)
    yield from _list_together("not asked", proving.list_with(Answer.NOT_ASKED))
    failed = next((p for p in proving.proofs if p.failure is not None), None)
    if failed is not None and failed.failure is not None:
        program = proving.program or run.program
        yield from _describe_failure(program, failed.name, failed.failure)


def _describe_known(proving: Proving) -> Iterator[str]:
    told = [
        proof
        for proof in proving.proofs
        if proof.answer in (Answer.PROVED, Answer.VIOLATED) and proof.by != TRIVIAL
    ]
    if told:
        whose = proving.family or "these sizes"
        yield f"  for runs of any length, with {whose}:"
    width = max((len(proof.name) for proof in told), default=0)
    for proof in told:
        answer = "satisfied" if _is_seen(proof) else proof.answer.value
        yield f"    {answer:<9}  {proof.name:<{width}}  {proof.by}"
    trivial = [p.name for p in proving.proofs if p.by == TRIVIAL]
    if trivial:
        yield from _wrap(f"no step and no state can violate {', '.join(trivial)}")


def _is_seen(proof: Proof) -> bool:
    return proof.kind == "reachable" and proof.answer is Answer.PROVED


def _describe_open(proving: Proving) -> Iterator[str]:
    left = proving.list_with(Answer.OPEN)
    depth = proving.depth
    over = ", then the time was over" if proving.stopped else ""
    for is_reachable, said in ((False, "holds"), (True, "not satisfied")):
        names = [proof.name for proof in left if (proof.kind == "reachable") is is_reachable]
        if not names:
            continue
        yield from _wrap(f"open: {', '.join(names)}")
        looked_for = "way there" if is_reachable else "violation"
        searched = f"{said} to depth {depth}" if depth >= 0 else f"no {looked_for} was looked for"
        yield f"    {searched}{over}"


def _list_together(heading: str, proofs: Sequence[Proof]) -> Iterator[str]:
    """Properties that nobody asked about, those with one reason together."""
    by_reason: dict[str, list[str]] = {}
    for proof in proofs:
        by_reason.setdefault(proof.by, []).append(proof.name)
    for reason, names in by_reason.items():
        yield from _wrap(f"{heading}: {', '.join(names)}: {reason}")


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(
        text, 96, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
    )


# ---------------------------------------------------------------------------------------------
# Counterexamples to induction


def _describe_failure(program: Program, name: str, failure: Counterexample) -> Iterator[str]:
    memory = Memory(program)
    steps = len(failure.stations) - 1
    yield ""
    where = "part of a circle" if failure.ending else "a violation"
    yield from _wrap(
        f"why induction does not prove {name}: nothing that is known forbids this state, from "
        f"which {_count(steps)} to {where}; if it cannot be reached, a lemma can say so"
    )
    yield from _describe_state(memory, failure.stations[0].state)
    for before, after in zip(failure.stations, failure.stations[1:], strict=False):
        yield f"    {_describe_move(memory, before)}{_list_changes(memory, before, after)}"
    last = failure.stations[-1]
    verb = "fails" if last.thread is not None else "is violated here"
    yield f"    {_describe_move(memory, last)}{failure.ending or f'{name} {verb}'}"


def _count(steps: int) -> str:
    return (
        "no steps lead" if steps == 0 else "1 step leads" if steps == 1 else f"{steps} steps lead"
    )


def _describe_state(memory: Memory, state: Sequence[int]) -> Iterator[str]:
    """What a state is besides nothing: where threads stand, and what is not 0."""
    for thread in memory.threads:
        block = _find_block(memory, thread.number, state)
        where = "has ended"
        if block is not None:
            where = f"stands at line {block[0]}: {block[1]}"
        yield f"    {thread.name} {where}"
    held = [
        f"{slot.name} = {memory.describe(slot.number, state[slot.number])}"
        for slot in memory.slots
        if slot.role != "pc" and state[slot.number] != 0
    ]
    yield from textwrap.wrap(
        ", ".join(held), 92, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
    )


def _find_block(memory: Memory, thread: int, state: Sequence[int]) -> tuple[int, str] | None:
    known = memory.threads[thread]
    labels = memory.locations(known.template)
    if not 0 <= state[thread] < len(labels):
        return None
    body = memory.lookup.template(known.template).body
    block = next(b for b in body.blocks if b.label == labels[state[thread]])
    if block.step is None:
        return 0, ""
    span = block.step.calls[0] if block.step.calls else block.step.span
    return span.line, " ".join(block.step.text.split())


def _describe_move(memory: Memory, station: Station) -> str:
    if station.thread is None:
        return ""
    block = _find_block(memory, station.thread, station.state)
    line = f"line {block[0]}: " if block is not None else ""
    return f"{memory.threads[station.thread].name}, {line}"


def _list_changes(memory: Memory, before: Station, after: Station) -> str:
    changed = [
        f"{slot.name} {memory.describe(slot.number, old)} -> {memory.describe(slot.number, new)}"
        for slot, old, new in zip(memory.slots, before.state, after.state, strict=True)
        if old != new and slot.role != "pc"
    ]
    return ", ".join(changed) or "nothing changes but where it stands"
