"""What happened along a trace, step by step, in the words of the spec.

A `Story` is everything the writers show, as names and shown values: no slots, no numbers of the
program's memory, none of its temporaries.  `derive.py` makes one by replaying a stored trace;
tests write them by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of a spec or of the library; `path` as it is shown to a user."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Frame:
    """One routine of a call stack, and the line in it that is being run."""

    routine: str
    at: SourceLine


Stack = tuple[Frame, ...]  # innermost first, as the kernel prints them


@dataclass(frozen=True, slots=True)
class Change:
    """A shared place that holds another value after the step than before it.

    `at`: the line that changed it, where that is none of the step itself but local work behind it.
    `hidden`: bookkeeping of the library, of which a reader wants to know nothing.
    """

    place: str
    old: str
    new: str
    at: SourceLine | None = None
    hidden: bool = False

    def __str__(self) -> str:
        return f"{self.place} {self.old} -> {self.new}"


@dataclass(frozen=True, slots=True)
class Access:
    """One access of a step: `value` is what was read, or what stands there after a write.

    `value` is empty for a write of a step that fails: no state says what it would have been.
    `kind` is the word for how it was made ("plain", "marked", "acquire", …).
    """

    place: str
    value: str
    write: bool = False
    kind: str = "plain"


SwitchKind = Literal["preempted", "interrupted", "finished", "waits"]


@dataclass(frozen=True, slots=True)
class StepEvent:
    """One step of one thread and everything it did.

    `at` is the line in the user's own spec; `inside` the library line it came to from there,
    within `routine`; `caller` the line from which the spec's own `routine` was called; `stack`
    the whole way.
    `writes` are all places it stored to, changed or not; `known` are named locals that got a
    value.  `taken` are (lock, thread): another thread where the step hands the lock over.
    `woken` are the threads that could not step before it and can after it.  `entered` and `left`
    are (section, thread) for what several may be in at once: a lock for reading, RCU, a map.
    `leaves` says, where the next step is another thread's, why this one stops here: with "waits"
    `blocked` is what it then waits for.
    """

    number: int
    thread: int
    step: str
    at: SourceLine
    inside: SourceLine | None = None
    routine: str = ""
    choices: tuple[int, ...] = ()
    reads: tuple[Access, ...] = ()
    writes: tuple[Access, ...] = ()
    changes: tuple[Change, ...] = ()
    known: tuple[tuple[str, str], ...] = ()
    allocated: tuple[str, ...] = ()
    freed: tuple[str, ...] = ()
    taken: tuple[tuple[str, int], ...] = ()
    released: tuple[str, ...] = ()
    started: tuple[int, ...] = ()
    ended: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    caller: SourceLine | None = None
    stack: Stack = ()
    woken: tuple[int, ...] = ()
    entered: tuple[tuple[str, int], ...] = ()
    left: tuple[tuple[str, int], ...] = ()
    leaves: SwitchKind | None = None
    blocked: Waiting | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A thread that cannot step in the last state: where it stands and what it looks at.

    `holders` are (lock, thread) pairs: what it waits for and who has it.  `idle` threads are at
    rest, which is no fault.  `handlers` are the interrupt handlers that run on its CPU.
    """

    thread: int
    at: SourceLine
    inside: SourceLine | None = None
    routine: str = ""
    reads: tuple[Access, ...] = ()
    holders: tuple[tuple[str, int], ...] = ()
    idle: bool = False
    caller: SourceLine | None = None
    stack: Stack = ()
    handlers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Holding:
    """Something a thread has: since which step of the trace (None: from the start)."""

    name: str
    step: int | None = None
    stack: Stack = ()


@dataclass(frozen=True, slots=True)
class Order:
    """One recorded order of a cycle: `thread` comes to `second` while it holds `first`.

    `place` is where it stands then, `stack` the call that recorded it, `holding` the locks of
    `first`'s class that it has.
    """

    first: str
    second: str
    thread: str
    place: Waiting | None = None
    stack: Stack = ()
    holding: tuple[Holding, ...] = ()


Ending = Literal["step", "state", "race", "edge"]


@dataclass(frozen=True, slots=True)
class Failure:
    """What the trace shows: `ending` as in `result.Path.last`.

    `kind` is "invariant", "final", "assert", "reachable", "built in" or "sample"; `declared` the
    line of the property; `observed` what the property read; `object` the spec's name of the thing
    concerned; `detail` the check's own message; `at` the line that failed, where that is not the
    last step's but one of local work behind it, and `stack` the calls that led there.  `born`
    is where an object began to live that was there from the start.  `order` is the order that an
    edge shows, `cycle` all orders of its cycle.
    """

    property: str
    kind: str
    ending: Ending
    object: str = ""
    detail: str = ""
    declared: SourceLine | None = None
    observed: tuple[Access, ...] = ()
    at: SourceLine | None = None
    stack: Stack = ()
    born: Stack = ()
    order: Order | None = None
    cycle: tuple[Order, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """A whole trace.  `threads` are the names by thread number; `alive` the numbers of those that
    run from the start; `objects` the mortal objects that live, `held` the (lock, thread) pairs and
    `reading` the (section, thread) pairs at the start.  `racing` are the two accesses of a data
    race, each as the step it would be.  `initial` says what the choices of the initial state were,
    if there were any.  The last `unrelated` steps play no part in the failure; they are in
    `left_out` where they are not shown.
    `dropped` are (thread, number) pairs: so many steps of it are none of the story.
    """

    threads: tuple[str, ...]
    alive: tuple[int, ...]
    steps: tuple[StepEvent, ...]
    failure: Failure
    objects: tuple[str, ...] = ()
    held: tuple[tuple[str, int], ...] = ()
    reading: tuple[tuple[str, int], ...] = ()
    waiting: tuple[Waiting, ...] = ()
    racing: tuple[StepEvent, ...] = ()
    initial: tuple[str, ...] = ()
    unrelated: int = 0
    left_out: tuple[StepEvent, ...] = ()
    dropped: tuple[tuple[int, int], ...] = ()


def leave_out_unrelated(story: Story) -> Story:
    """The story without the steps at its end that play no part."""
    shown = len(story.steps) - story.unrelated
    return replace(story, steps=story.steps[:shown], left_out=story.steps[shown:], unrelated=0)


def describe_place(event: StepEvent | Waiting) -> str:
    """`in mutex_lock (kernel/mutex.py:31)`; of the spec's own routines, who called them."""
    if event.inside is not None:
        return f"in {event.routine} ({event.inside})" if event.routine else f"at {event.inside}"
    if event.caller is not None:
        return f"called at {event.caller.line}: {event.caller.text}"
    return ""


def cite_elsewhere(line: SourceLine | None, own: SourceLine) -> str:
    """`  (line 28)` for a line that is not the step's own; nothing for None."""
    if line is None:
        return ""
    if line.path == own.path:
        return f"  (line {line.line})"
    return f"  ({line.path.rpartition('/')[2]}:{line.line})"


def find_stack(event: StepEvent | Waiting) -> Stack:
    """The call stack of a step; of a hand-made one, as much of it as is known."""
    if event.stack:
        return event.stack
    inside = () if event.inside is None else (Frame(event.routine, event.inside),)
    outside = () if event.caller is None else (Frame("", event.caller),)
    return (*inside, Frame("" if inside else event.routine, event.at), *outside)


def describe_effects(event: StepEvent, *, hidden: bool = False) -> tuple[str, ...]:
    """What a step did, a line for each fact: changes first, then what it only read.

    A local that holds what was read or allocated is not said again; a write that changed nothing
    is said, because the story may turn on it.  With `hidden`, bookkeeping of the library too.
    """
    changed = {change.place for change in event.changes}
    lines = [f"allocates {name}" for name in event.allocated]
    lines += [f"frees {name}" for name in event.freed]
    lines += [
        f"{change}{cite_elsewhere(change.at, event.at)}"
        for change in event.changes
        if hidden or not change.hidden
    ]
    lines += [
        f"writes {access.place} {access.value}".rstrip()
        for access in event.writes
        if access.place not in changed
    ]
    lines += [
        f"reads {access.place} {access.value}"
        for access in event.reads
        if access.place not in changed
    ]
    seen = {access.value for access in event.reads} | set(event.allocated)
    lines += [f"{name} = {value}" for name, value in event.known if value not in seen]
    lines += list(event.notes)
    return tuple(dict.fromkeys(lines))
