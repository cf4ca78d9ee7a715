"""The search in C: built, run, listened to, and believed only where the python backend agrees.

    program → C → executable → claims, level by level → findings → result

The search process sends what it saw; whether it is a violation, and whether that is enough, is
decided here, between two levels.  What the result tells is traced back by the process at the end
and walked by the python backend.  The result is the one that the python backend has.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from modelcheck.backends.native.build import Built, Source, build
from modelcheck.backends.native.compiler import Compiler, count_cores
from modelcheck.backends.native.emit import Emitted, emit_model
from modelcheck.backends.native.process import Message, SearchProcess
from modelcheck.explore.claims import Claim, ClaimError, Claims
from modelcheck.explore.coverage import RangeQuestion, list_range_questions, make_ranges
from modelcheck.explore.deadlock import describe_deadlock, describe_stuck
from modelcheck.explore.ending import (
    Answers,
    Tally,
    describe_omission,
    make_path,
    make_result,
)
from modelcheck.explore.findings import Found, Origin
from modelcheck.explore.judging import Judging
from modelcheck.explore.limits import Watch, choose_memory_limit
from modelcheck.explore.options import Options, Progress
from modelcheck.explore.orbits import Orbits, Told, list_tables
from modelcheck.explore.reducing import make_tables
from modelcheck.explore.result import FieldRange, Path, Result
from modelcheck.ir.layout import Layout, pack_slots
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Program
from modelcheck.reduce.permute import Tables

SECONDS_BETWEEN_LOOKS = 0.05  # at the interrupt flag
_LEAST_SECONDS = 0.001  # a time limit of 0 would be none
_SEEDS = 1 << 64
_STUCK_UNKNOWN = "the run ended before the states that can never come to rest were looked for"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A program as C, and what its numbers mean."""

    memory: Memory
    layout: Layout
    emitted: Emitted
    exchanges: Tables | None = None

    @property
    def source(self) -> Source:
        """What the compiler gets."""
        return self.emitted.as_source()


class Stopped(Exception):  # noqa: N818  not an error
    """A limit or Ctrl-C came before the search began."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def explore_native(
    program: Program,
    options: Options | None = None,
    *,
    compiler: Compiler | None = None,
    watch: Watch | None = None,
) -> Result:
    """Explore a program (after all passes) with the native backend and judge its properties.

    The result is that of `explore.search`, but for the name of the backend.  `watch` has the time
    that was spent before.  Raises NoCompilerError; BuildError and SearchDiedError are faults of
    ours.
    """
    options = options or Options()
    if options.begin is not None:
        raise ValueError("the native backend begins at the start")
    watch = watch or Watch(options)
    prepared = prepare(program, options)
    try:
        built = build([prepared.source], compiler, check_stop=make_stop_check(watch))
    except Stopped as stopped:
        return _stop_early(prepared, options, stopped.reason)
    except KeyboardInterrupt:
        return _stop_early(prepared, options, "interrupt")
    with built:
        return search_native(prepared, built, options, watch)


def prepare(program: Program, options: Options | None = None) -> Prepared:
    """Write the C text of a program, with the reductions that the options name."""
    memory = Memory(program)
    layout = pack_slots(memory)
    stubborn = make_tables(program, options or Options())
    exchanges = list_tables(memory, options or Options())
    emitted = emit_model(program, memory, layout, stubborn=stubborn, exchanges=exchanges)
    return Prepared(memory, layout, emitted, exchanges)


def make_stop_check(watch: Watch) -> Callable[[], None]:
    """What a build asks while it waits for compilers."""

    def check_stop() -> None:
        if reason := watch.find_call_to_stop():
            raise Stopped(reason)

    return check_stop


def search_native(prepared: Prepared, built: Built, options: Options, watch: Watch) -> Result:
    """Run a search that was built, and judge what it finds.

    Where what symmetry assumed is refuted, the result is that of a run without assumptions.
    """
    judging = Judging(prepared.memory, options)
    arguments = list_arguments(judging, options, watch)
    with SearchProcess(built, arguments) as process:
        run = _Run(prepared, judging, process, watch)
        if (result := run.execute()) is not None:
            return result
    strict = replace(options, symmetry_assumes=False)
    if run.is_interrupted:
        return _stop_early(prepared, strict, "interrupt")
    return explore_native(prepared.memory.program, strict, watch=watch)


def list_arguments(judging: Judging, options: Options, watch: Watch) -> list[str]:
    """The command line of the search process."""
    names = judging.names
    bodies = [p for p in judging.program.properties if p.body is not None]
    judged = [str(number) for number, p in enumerate(bodies) if p.name in names]
    memory = choose_memory_limit(options)
    timeout = options.timeout_seconds
    left = None if timeout is None else max(_LEAST_SECONDS, timeout - watch.seconds)
    values = {
        "workers": options.workers or count_cores(),
        "search": options.search,
        "seed": options.seed % _SEEDS,
        "samples": options.samples,
        "max-states": options.max_states,
        "memory": memory,
        "timeout": left,
        "properties": ",".join(judged),
        "races": int("data-race" in names),
        "leak": int("leak" in names),
        "stuck": int("stuck" in names),
        "deadlock": int("deadlock" in names),
        "compact": options.compact_bits,
        "fuse": int("fuse" in options.reduce),
        "ranges": int(options.asks_for_ranges),
        "ask-at-once": int(options.stop == "first" and options.search != "bfs"),
    }
    given = {name: value for name, value in values.items() if value is not None}
    return [word for name, value in given.items() for word in (f"--{name}", str(value))]


def _stop_early(prepared: Prepared, options: Options, reason: str) -> Result:
    """The result of a run that never began to search."""
    judging = Judging(prepared.memory, options)
    taken = [[0] * len(prepared.memory.locations(t.template)) for t in prepared.memory.threads]
    tally = Tally(0, 0, 0, 0, 0, taken, reason)
    return make_result(judging, tally, Answers(lambda _: [], {}), "native")


class _Run:
    """One conversation with the search process."""

    def __init__(
        self, prepared: Prepared, judging: Judging, process: SearchProcess, watch: Watch
    ) -> None:
        self._prepared = prepared
        self._judging = judging
        self._options = judging.options
        self._process = process
        self._watch = watch
        emitted = prepared.emitted
        self._orbits = (
            Orbits(prepared.memory, prepared.exchanges) if prepared.exchanges is not None else None
        )
        if self._orbits is not None:
            judging.findings.represent = self._orbits.represent
        if prepared.exchanges is not None:
            judging.findings.assumed = prepared.exchanges.assumed
        self._claims = Claims(judging, emitted.labels, emitted.order_properties, self._orbits)
        self._reason = ""  # why we asked the search to end
        self._is_stopping = False

    @property
    def is_interrupted(self) -> bool:
        """Whether Ctrl-C, or who runs us, asked for the end."""
        return self._reason == "interrupt"

    def execute(self) -> Result | None:
        """Listen until the search has ended, then ask what is needed for the result; None where
        what symmetry assumed is refuted.
        """
        end = self._listen()
        if self._judging.findings.is_refuted:
            self._process.write("quit")
            return None
        stopped_by = end["stopped_by"]
        tally = Tally(
            end["states"],
            end["transitions"],
            end["depth"] or 0,
            end["quiescent"],
            end["deadlocks"],
            end["taken"],
            self._reason if stopped_by == "host" else stopped_by,
            _STUCK_UNKNOWN if end["stuck"] == "unknown" else "",
            describe_omission(end["states"], self._options.compact_bits),
        )
        describe = {
            "deadlock": lambda state: describe_deadlock(self._claims.model, state),
            "stuck": lambda state: describe_stuck(self._claims.model, state),
        }
        retell = None if self._orbits is None else self._retell
        answers = Answers(self._find_paths, describe, self._find_ranges(), retell)
        result = make_result(self._judging, tally, answers, "native")
        self._process.write("quit")
        return result

    # -----------------------------------------------------------------------------------------
    # While it searches

    def _listen(self) -> Message:
        """Answer the search until it has ended; its last message.

        The first Ctrl-C asks it to stop, a second one ends us.
        """
        message: Message | None = None
        while True:
            try:
                self._look_at_interrupt()
                if message is None:
                    message = self._process.read(SECONDS_BETWEEN_LOOKS)
                if message is not None and self._answer(message):
                    return message
                message = None
            except KeyboardInterrupt:
                if self._is_stopping:
                    raise
                self._stop()

    def _look_at_interrupt(self) -> None:
        interrupted = self._options.interrupted
        if not self._is_stopping and interrupted is not None and interrupted():
            self._stop()

    def _stop(self) -> None:
        self._is_stopping = True
        self._reason = "interrupt"
        self._process.write("stop")

    def _answer(self, message: Message) -> bool:
        """Take in a message, and answer it if it asks; whether it was the last."""
        match message["event"]:
            case "progress":
                self._report(message)
            case "found":
                self._add_all(message)
                self._process.write(self._decide(message["level"]))
            case "end":
                self._add_all(message)
                return True
            case _:
                self._process.fail("says something that was not asked", json.dumps(message))
        return False

    def _decide(self, level: int) -> str:
        """Whether the search goes on after this level, and how far."""
        if self._is_stopping:
            return "end"
        if self._options.search != "bfs":
            self._reason = self._judging.find_reason_now()
            return "end" if self._reason else "go"
        self._reason = self._judging.find_reason_before(level + 1)
        if self._reason:
            return "end"
        last = self._judging.find_last_level()
        if last is None:
            return "go"
        self._reason = "first"
        return f"until {last + 1}"

    def _report(self, message: Message) -> None:
        if self._options.progress is not None:
            self._options.progress(
                Progress(
                    message["states"],
                    message["transitions"],
                    message["depth"],
                    message["waiting"],
                    self._watch.seconds,
                )
            )

    def _add_all(self, message: Message) -> None:
        for found in message["found"]:
            try:
                self._claims.add(self._read_claim(found))
            except (ClaimError, LookupError, TypeError, ValueError) as error:
                self._process.fail(f"makes a claim that is not so ({error})", json.dumps(found))

    def _read_claim(self, found: Message) -> Claim:
        words = [int(word, 16) for word in found["state"].split()]
        turns = [
            (found[f"thread{n}"], tuple(found[f"choices{n}"]))
            for n in ("", "2")
            if f"thread{n}" in found
        ]
        return Claim(
            found["kind"],
            tuple(found["key"]),
            found["depth"],
            self._prepared.layout.unpack(words) if words else (),
            tuple(turns),
        )

    # -----------------------------------------------------------------------------------------
    # Once it has ended

    def _find_paths(self, origins: Sequence[Origin]) -> list[Path]:
        """The paths to some origins: traced back by the process, walked by the python backend."""
        wanted = [origin for origin in origins if origin.number >= 0]
        found = dict(zip(wanted, self._trace_back(wanted), strict=True)) if wanted else {}
        return [found.get(origin) or make_path(origin, (), ()) for origin in origins]

    def _retell(self, found: Found, path: Path) -> Told:
        if self._orbits is None:
            return Told(path, found.failure, found.state)
        return self._orbits.retell(self._claims.model, found, path)

    def _trace_back(self, origins: Sequence[Origin]) -> list[Path]:
        for origin in origins:
            claim = self._claims.claim_of(origin)
            words = " ".join(f"{word:x}" for word in self._prepared.layout.pack(claim.state))
            self._process.write(f"path {claim.state_depth} {words}")
        told = self._ask("paths")
        paths = []
        try:
            for origin, path in zip(origins, told["paths"], strict=True):
                paths.append(self._claims.make_path(origin, tuple(path["choices"]), path["moves"]))
        except (ClaimError, LookupError, TypeError, ValueError) as error:
            self._process.fail(f"tells a path that is none ({error})", json.dumps(told))
        return paths

    def _find_ranges(self) -> tuple[FieldRange, ...]:
        # Hash compaction forgets the states.
        if not self._options.asks_for_ranges or self._options.compact_bits:
            return ()
        questions = list_range_questions(self._prepared.memory)
        if not questions:
            return ()
        self._process.write(*map(_write_range_question, questions))
        rows = self._ask("ranges")["rows"]
        return make_ranges(
            (question, tuple(row))
            for question, row in zip(questions, rows, strict=True)
            if row is not None
        )

    def _ask(self, what: str) -> Message:
        """Ask for something, and wait for it; a long answer has progress on the way."""
        self._process.write(what)
        while (message := self._process.read()) is not None and message["event"] == "progress":
            self._report(message)
        if message is None or message["event"] != what:
            self._process.fail(f"does not answer `{what}`", json.dumps(message))
        return message


def _write_range_question(question: RangeQuestion) -> str:
    return f"range {question.slot.number} {question.where} {question.value}"
