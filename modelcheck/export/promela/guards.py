"""When a step is enabled, asked before it runs: Promela's `d_step` may not block midway.

`Guards` follows a step from its location and writes down, on the memory before it, what lets it get
to its end or fail.  That works until something was stored: a wait behind a store is *late*, and
the oracle finds out by trying (`Late`).  For each tuple of choices the answer is separate, and a
step is followed once per tuple; a choice that a way does not ask for belongs to no tuple of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from modelcheck.diagnostics import InternalError
from modelcheck.export.promela.expressions import Env, Speaker
from modelcheck.export.promela.regions import Region, find_region, find_start
from modelcheck.export.promela.words import (
    MAX_TEXT,
    Unsayable,
    Value,
    say_and,
    say_any,
    say_not,
    say_or,
)
from modelcheck.ir.lookup import local_types
from modelcheck.ir.memory import Thread
from modelcheck.ir.nodes import (
    Assert,
    Assign,
    Block,
    Body,
    Branch,
    Check,
    Choose,
    Crash,
    Discard,
    End,
    Enter,
    Free,
    Instr,
    Jump,
    Leave,
    Load,
    New,
    Precedes,
    QueueOp,
    Return,
    SetInterrupts,
    Spawn,
    Store,
    Wait,
)
from modelcheck.ir.traverse import successors

MAX_TUPLES = 256  # ways to choose in one step
MAX_VISITS = 4_000  # blocks looked at for one guard

Choices = tuple[int, ...]


class Late(Exception):  # noqa: N818 (a signal)
    """Whether the step is enabled depends on what it has stored."""


@dataclass(frozen=True, slots=True)
class Way:
    """A step under one tuple of choices.

    `enabled` and `blocked` say when it gets somewhere, and when it stops at a wait that is not
    idle; both are None where the wait is late.
    """

    choices: Choices
    enabled: Value | None
    blocked: Value | None


class Guards:
    """Says when the steps of a program are enabled."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker
        self._visits = 0
        self._asked = 0  # how many values the choice behind the tuple has

    # ------------------------------------------------------------------------ steps

    def list_ways(self, thread: Thread, region: Region) -> tuple[Way, ...]:
        """A step under every tuple of choices that some way through it asks for."""
        env = self.begin(thread, region)
        found: list[Way] = []
        waiting: list[Choices] = [()]
        while waiting:
            choices = waiting.pop(0)
            self._asked = 0
            enabled: Value | None
            blocked: Value | None
            try:
                enabled = self._follow(region, env, choices, is_for_wait=False)
                blocked = self._follow(region, env, choices, is_for_wait=True)
            except Late:
                ahead = self._look_ahead(region, choices)
                self._asked = ahead.asked
                # What stops at a wait does so under the longer tuples too.
                enabled = blocked = None if ahead.may_arrive else 0
            if enabled != 0 or blocked != 0:
                found.append(Way(choices, enabled, blocked))
            waiting += [(*choices, i) for i in range(self._asked)]
            if len(waiting) + len(found) > MAX_TUPLES:
                raise Unsayable(f"a step of `{thread.name}` has more than {MAX_TUPLES} choices")
        return tuple(found)

    def begin(self, thread: Thread, region: Region) -> Env:
        """The locals as a step finds them: the live ones in their slots, 0 for all others."""
        values: dict[str, Value] = dict.fromkeys(local_types(region.body), 0)
        for name in region.entry.live if region.entry.rest else ():
            offset = self._speaker.memory.local_slot(thread.template, name)
            if offset is None:
                raise InternalError(f"the live local `{name}` has no slot")
            values[name] = self._speaker.slot(thread.locals_base + offset)
        return Env(thread, values, local_types(region.body))

    def _follow(self, region: Region, env: Env, choices: Choices, *, is_for_wait: bool) -> Value:
        self._visits = 0
        by_label = {block.label: block for block in region.body.blocks}
        walk = _Walk(by_label, choices, is_for_wait=is_for_wait)
        return self._block(walk, region.entry, env, 0, is_changed=False)

    def _block(self, walk: _Walk, block: Block, env: Env, taken: int, *, is_changed: bool) -> Value:
        self._visits += 1
        if self._visits > MAX_VISITS:
            raise Late
        return self._instr(walk, block, 0, env, taken, is_changed=is_changed)

    def _instr(
        self, walk: _Walk, block: Block, at: int, env: Env, taken: int, *, is_changed: bool
    ) -> Value:
        """What lets the step get on from an instruction of a block."""
        if self._is_free(walk, block, at):
            return walk.arrive(taken)
        if is_changed:
            raise Late
        speaker = self._speaker
        while at < len(block.instrs):
            instr = block.instrs[at]
            at += 1
            match instr:
                case Assign(local, value):
                    env = env.bind(local, speaker.say(value, env))
                case Load(local, place):
                    slot = speaker.address(speaker.memory.resolve(place), env)
                    env = env.bind(local, speaker.slot(slot))
                case Check(condition) | Assert(condition):
                    holds = speaker.say(condition, env)
                    if holds == 1:
                        continue
                    on = self._instr(walk, block, at, env, taken, is_changed=False)
                    fails = say_and(say_not(holds), walk.arrive(taken))
                    return self._limit(say_or(fails, say_and(holds, on)))
                case Wait(condition, is_idle):
                    holds = speaker.say(condition, env)
                    on = self._instr(walk, block, at, env, taken, is_changed=False)
                    stops: Value = 0
                    if walk.is_for_wait and not is_idle:
                        stops = say_not(holds)
                    return self._limit(say_or(stops, say_and(holds, on)))
                case Choose(local, count):
                    if taken == len(walk.choices):
                        self._asked = max(self._asked, count)
                        return 0
                    if walk.choices[taken] >= count:
                        return 0
                    env = env.bind(local, walk.choices[taken])
                    taken += 1
                case New(_, pool) if speaker.memory.lookup.object(pool).reuse:
                    count = speaker.memory.element_count(pool)
                    if taken == len(walk.choices):
                        self._asked = max(self._asked, count)
                        return 0
                    if walk.choices[taken] >= count:
                        return 0
                    is_rank = self.say_has_rank(pool, walk.choices[taken])
                    on = self._instr(walk, block, at, env, taken + 1, is_changed=True)
                    return say_and(is_rank, on)
                case QueueOp("read") | Precedes():
                    pass
                case Store() | QueueOp() | New() | Free() | Discard() | Enter() | Leave():
                    return self._instr(walk, block, at, env, taken, is_changed=True)
                case Spawn():
                    if self._binds(instr):
                        raise Late
                    return self._instr(walk, block, at, env, taken, is_changed=True)
                case Crash() | SetInterrupts():
                    return self._instr(walk, block, at, env, taken, is_changed=True)
                case _:
                    assert_never(instr)
            if self._is_free(walk, block, at):
                return walk.arrive(taken)
        match block.end:
            case Jump(target):
                return self._go(walk, target, env, taken)
            case Branch(condition, then, other):
                holds = speaker.say(condition, env)
                if isinstance(holds, int):
                    return self._go(walk, then if holds else other, env, taken)
                left = self._go(walk, then, env, taken)
                right = self._go(walk, other, env, taken)
                return self._limit(speaker.dialect.ite(holds, left, right))
            case End():
                return walk.arrive(taken)
            case Return():
                raise InternalError("a step returns a value")
            case _:
                assert_never(block.end)

    def _go(self, walk: _Walk, label: str, env: Env, taken: int) -> Value:
        block = walk.by_label[label]
        if block.rest:
            return walk.arrive(taken)
        return self._block(walk, block, env, taken, is_changed=False)

    def _limit(self, value: Value) -> Value:
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise Late
        return value

    def say_has_rank(self, pool: str, rank: int) -> Value:
        """Whether a pool has a free slot of that rank."""
        free = self._speaker.list_free(self._speaker.memory.lookup.object(pool))
        if rank == 0:
            return say_any(free)
        dialect = self._speaker.dialect
        return f"({' + '.join(map(dialect.text, free))} > {dialect.number(rank)})"

    # ------------------------------------------------------------------------ what lies ahead

    def _is_free(self, walk: _Walk, block: Block, at: int) -> bool:
        """Whether nothing from an instruction on can stop the step or ask for a choice."""
        if any(self._binds(instr) for instr in block.instrs[at:]):
            return False
        return all(
            walk.by_label[to].rest or self._is_free_from(walk, to) for to in successors(block.end)
        )

    def _is_free_from(self, walk: _Walk, label: str) -> bool:
        if label not in walk.free:
            region = find_region(Body(label, tuple(walk.by_label.values())), walk.by_label[label])
            walk.free[label] = not any(self._binds(i) for i in region.instructions())
        return walk.free[label]

    def _binds(self, instr: Instr) -> bool:
        """Whether an instruction can stop its step, or asks for a choice."""
        match instr:
            case Wait() | Choose():
                return True
            case New(_, pool):
                return self._speaker.memory.lookup.object(pool).reuse
            case Spawn(_, template):
                body = self._speaker.memory.lookup.template(template).body
                return any(self._binds(i) for i in find_start(body).instructions())
            case _:
                return False

    def _look_ahead(self, region: Region, choices: Choices) -> _Ahead:
        """What may come of a step under a tuple of choices, whatever its conditions say."""
        blocks = {block.label: block for block in region.blocks}
        ahead = _Ahead(may_arrive=region.has_cycle)
        done: set[tuple[str, int]] = set()
        waiting = [(region.entry.label, 0)] if blocks else []
        while waiting:
            node = waiting.pop()
            if node in done:
                continue
            done.add(node)
            block = blocks[node[0]]
            taken = {node[1]}
            for instr in block.instrs:
                if isinstance(instr, Check | Assert) and len(choices) in taken:
                    ahead.may_arrive = True
                taken = self._take(instr, taken, choices, ahead)
            targets = successors(block.end)
            inner = [to for to in targets if to in blocks and not blocks[to].rest]
            if not targets or len(inner) < len(targets):
                ahead.ends |= taken
                ahead.may_arrive |= len(choices) in taken
            waiting += [(to, n) for to in inner for n in taken]
        return ahead

    def _take(self, instr: Instr, before: set[int], choices: Choices, ahead: _Ahead) -> set[int]:
        """How many choices are made after an instruction, if so many were before."""
        match instr:
            case Choose(_, count):
                pass
            case New(_, pool) if self._speaker.memory.lookup.object(pool).reuse:
                count = self._speaker.memory.element_count(pool)
            case Spawn(_, template):
                body = self._speaker.memory.lookup.template(template).body
                after: set[int] = set()
                for taken in before:
                    inner = self._look_ahead(find_start(body), choices[taken:])
                    if taken <= len(choices):
                        ahead.asked = max(ahead.asked, inner.asked)
                        ahead.may_arrive |= inner.may_arrive
                    after |= {taken + n for n in inner.ends} or {taken}
                return after
            case _:
                return before
        if len(choices) in before:
            ahead.asked = max(ahead.asked, count)
        return {n + 1 for n in before if n < len(choices) and choices[n] < count}


@dataclass(slots=True)
class _Ahead:
    """How many values the next choice may have, whether these choices can be all, and how many of
    them a way may have made at its end.
    """

    may_arrive: bool
    asked: int = 0
    ends: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Walk:
    """What is followed: the blocks, the choices made, and which question is asked."""

    by_label: dict[str, Block]
    choices: Choices
    is_for_wait: bool
    free: dict[str, bool]

    def __init__(self, by_label: dict[str, Block], choices: Choices, *, is_for_wait: bool) -> None:
        self.by_label, self.choices, self.is_for_wait = by_label, choices, is_for_wait
        self.free = {}

    def arrive(self, taken: int) -> Value:
        """The step has got there: does that answer the question, for just these choices."""
        return int(not self.is_for_wait and taken == len(self.choices))
