"""Program → its state graph in the AUT format of CADP, for tools on labelled transition systems.

https://cadp.inria.fr/man/aut.html (2014 version): a line `des (first, transitions, states)`, then
a line `(from, "label", to)` for each transition, 7-bit ASCII.  CADP and mCRL2 read it.  The
states are numbered breadth-first and nothing is said of them; all that is known is in the labels.

A step that fails leads to one more state, in which nothing can happen.  The format has one first
state: where a program has several, or its start fails, there is one more before them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, Outcome, State
from modelcheck.explore.walk import Edge
from modelcheck.trace.labels import Labels
from modelcheck.trace.states import FOR_A_FILE, GraphError, describe_failure, list_whole

MAX_STATES = 200_000  # unless more are asked for

Line = tuple[int, str, int]


def write_aut(model: Model, sources: Mapping[str, str], max_states: int = MAX_STATES) -> str:
    """The whole state graph as AUT.  Raises `GraphError` above `max_states` states.

    Where the program has one start the transitions are its own count; where no step fails the
    states are too, else there is one more.  With k starts there is a state more, and k transitions.
    """
    labels = Labels(model, sources)
    states: list[State] = []
    edges: list[Edge] = []
    for item in list_whole(model, max_states + 1):
        if isinstance(item, Edge):
            edges.append(item)
        elif len(states) == max_states:
            raise GraphError(f"more than {max_states} states: {FOR_A_FILE}")
        else:
            states.append(item)
    lines = list(_list_lines(model, labels, states, edges))
    count = 1 + max((max(source, target) for source, _, target in lines), default=0)
    count = max(count, len(states))
    head = f"des (0, {len(lines)}, {count})"
    body = (f'({source}, "{_clean(label)}", {target})' for source, label, target in lines)
    return "\n".join((head, *body)) + "\n"


def _list_lines(
    model: Model, labels: Labels, states: list[State], edges: list[Edge]
) -> Iterator[Line]:
    starts = model.start()
    found = {outcome.result for outcome in starts}
    first = 1 if len(found) > 1 or any(isinstance(result, Failure) for result in found) else 0
    failed = first + len(states)
    if first:
        yield from _list_starts(starts, states, failed)
    for edge in edges:
        label = labels.tell(states[edge.source], edge.move)
        if isinstance(edge.target, Failure):
            yield first + edge.source, f"{label} FAILS {describe_failure(edge.target)}", failed
        else:
            yield first + edge.source, label, first + edge.target


def _list_starts(starts: list[Outcome], states: list[State], failed: int) -> Iterator[Line]:
    """From the state that is first to each initial one, in the order of their numbers."""
    done: set[State | Failure] = set()
    for number, outcome in enumerate(starts):
        result = outcome.result
        if result in done:
            continue
        done.add(result)
        if isinstance(result, Failure):
            yield 0, f"start {number} FAILS {describe_failure(result)}", failed
        else:
            yield 0, f"start {number}", 1 + states.index(result)


def _clean(label: str) -> str:
    """What may stand inside quotes: printable ASCII without a quote or backslash."""
    text = label.replace('"', "'").replace("\\", "/")
    return "".join(c if " " <= c <= "~" else "?" for c in text)
