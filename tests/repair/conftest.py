"""Specs with few states whose flags mend and break, and what a search says of them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from modelcheck import api
from modelcheck.repair.crew import Limits
from modelcheck.repair.search import Question, search

ROOT = Path(__file__).resolve().parents[2]

TWO_FAULTS = """
    from modelcheck.lang import (
        Bool, U8, atomic, final, flag, param, reachable, shared, spec, struct, thread, variant
    )

    spec("two-faults")

    at_once = flag(True)
    data_first = flag(True)
    noise = flag(False)
    adders = param(2, min=1, max=3)


    @struct(marked=True)
    class Box:
        count: U8
        data: U8
        ready: Bool


    box = shared(Box)


    @thread(count=adders)
    def add():
        if at_once:
            with atomic(because="one instruction"):
                box.count += 1
        else:
            box.count += 1


    @thread
    def publish():
        if data_first:
            box.data = 1
            box.ready = True
        else:
            box.ready = True
            box.data = 1
        if noise:
            box.data = 1


    @thread
    def read():
        if box.ready:
            assert box.data == 1, "published_late"


    @final
    def all_counted():
        return box.count == adders


    variant("two_steps", at_once=False, violates="all_counted")
    variant("late", data_first=False, adders=1, violates="published_late")
    variant("noisy", noise=True)
    variant("noisy_late", noise=True, data_first=False, adders=1, violates="published_late")
"""

EITHER_OR = """
    from modelcheck.kernel import Mutex, mutex_lock, mutex_unlock
    from modelcheck.lang import default, flag, shared, spec, thread, variant

    spec("either-or")

    turn_one = flag(False)
    turn_other = flag(False)
    a = shared(Mutex)
    b = shared(Mutex)


    @thread
    def one():
        if turn_one:
            mutex_lock(b)
            mutex_lock(a)
        else:
            mutex_lock(a)
            mutex_lock(b)
        mutex_unlock(a)
        mutex_unlock(b)


    @thread
    def other():
        if turn_other:
            mutex_lock(a)
            mutex_lock(b)
        else:
            mutex_lock(b)
            mutex_lock(a)
        mutex_unlock(a)
        mutex_unlock(b)


    default(violates=("deadlock", "lock-order"))
    variant("turned", turn_one=True)
    variant("other_turned", turn_other=True)
"""

# Settings of which each concerns one part of a program alone.
PARTS = """
    from modelcheck.lang import (
        Enum, U8, default, flag, invariant, param, shared, spec, struct, thread, variant
    )

    spec("parts")

    limit = flag(1)
    start = flag(0)
    weak = flag(False)
    threads = param(1, min=1, max=3)


    @struct(marked=True)
    class Box:
        value: U8


    box = shared(Box, value=start)


    @thread(count=threads)
    def set_it():
        box.value = 2 - threads if threads < 3 else 2
        if weak:
            box.value = box.value


    @invariant
    def low():
        return box.value < limit


    default(violates="low")
    variant("higher", limit=3)
    variant("from_three", start=3, violates="low")
    variant("weaker", weak=True, needs="weak-memory")
"""


@pytest.fixture(scope="session")
def specs(tmp_path_factory):
    """The paths of the specs by name."""
    folder = tmp_path_factory.mktemp("repair")
    texts = {"two-faults": TWO_FAULTS, "either-or": EITHER_OR, "parts": PARTS}
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(dedent(text), encoding="utf-8")
    return {name: str(folder / f"{name}.py") for name in texts}


@pytest.fixture(scope="session")
def find(specs):
    """Search a spec: `find("either-or")`; more as in `Question` and `Options`."""

    def run(
        name, variant=None, settings=(), named=(), deadline=None, jobs=1, only=False, **options
    ):
        question = Question(specs.get(name, name), variant, dict(settings), named)
        options = {"stop": "first", "backend": "python", **options}
        limits = Limits(api.Options(**options), deadline)
        return search(question, limits, jobs=jobs, only_minimal=only)

    return run


@pytest.fixture(scope="session")
def two_faults(find):
    return find("two-faults", named=[("at_once", None), ("data_first", None), ("noise", None)])


@pytest.fixture(scope="session")
def either_or(find):
    return find("either-or")


@pytest.fixture(scope="session")
def psi():
    """Three designs of the mail thread, with and without an active reference around ->poll()."""
    path = str(ROOT / "specs/psi/psi-poll-uaf.py")
    designs = [("design", name) for name in ("POLLFREE", "MERGED", "SEVER_WRAP")]
    question = Question(path, named=[*designs, ("active_ref", None)])
    return search(question, Limits(api.Options(stop="first", backend="python")))
