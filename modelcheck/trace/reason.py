"""What a report says below its steps: rows of facts, stacks, a scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modelcheck.trace.events import SourceLine, Stack, StepEvent, Story, find_stack

NEEDS = "needs"  # the role of an ordering that the trace needs
MOST_NEEDS = 6  # orderings that are told; of more only how many


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One fact: `role` says what it is in the story ("used", "freed", "waits", "reads", …).

    `step` is None where the fact is no step of the trace (a blocked thread, a value read).  A row
    with a `stack` is a paragraph of its own: `what` is its sentence, above the calls.
    """

    role: str
    what: str
    step: int | None = None
    thread: str = ""
    at: SourceLine | None = None
    stack: Stack = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the property fails: a sentence, the facts it rests on, and for locks what can happen,
    a line for each event.
    """

    headline: str
    rows: tuple[ReasonRow, ...] = ()
    scenario: tuple[str, ...] = ()


def make_step_row(story: Story, role: str, event: StepEvent, what: str) -> ReasonRow:
    """A row about a step, with its stack."""
    name = story.threads[event.thread]
    return ReasonRow(role, what, event.number, name, event.at, find_stack(event))


def list_need_rows(story: Story, needs: Sequence[str]) -> Iterator[ReasonRow]:
    """The orderings that a trace needs, numbered, those nearest to its end."""
    if not needs and len({event.thread for event in story.steps}) > 1:
        yield ReasonRow(NEEDS, "no order between the threads: in any order these steps fail")
    for number, text in enumerate(needs[:MOST_NEEDS], 1):
        yield ReasonRow(NEEDS, f"{number}. {text}")
    if len(needs) > MOST_NEEDS:
        yield ReasonRow(NEEDS, f"and {len(needs) - MOST_NEEDS} more")


def find_last_change(story: Story, place: str) -> StepEvent | None:
    """The last step that changed a place."""
    return next(
        (s for s in reversed(story.steps) if any(c.place == place for c in s.changes)), None
    )
