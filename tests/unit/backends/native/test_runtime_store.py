"""The store alone: every state once, whatever the table goes through, and however many put it."""

from __future__ import annotations

import re
import shutil

import pytest
from runtime_program import compile_c, run_c

FILES = ("store.c", "compact.c", "memory.c")
PLENTY = 8 << 30  # bytes; only what is used gets touched
WORDS = (1, 2, 3, 5)  # the first three have code of their own
SIZES = {
    "usual": ("-O2",),
    "tiny": (
        *("-O2", "-DMC_GROUP_BITS=4", "-DMC_FIRST_GROUPS=0", "-DMC_NUMBER_BITS=40"),
        *("-DMC_SMALLEST_PIECE=2", "-DMC_LARGEST_PIECE=16"),
    ),
    "checked": ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
}


@pytest.fixture(scope="module", params=SIZES)
def program(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    return compile_c(folder, "runtime_store.c", FILES, *SIZES[request.param])


def run(program, test, words=1, workers=1, count=0, size=PLENTY):
    (line,) = run_c(program, test, words, workers, count, size)
    return tuple(map(int, re.findall(r"\d+", line)))


@pytest.mark.parametrize("words", WORDS)
def test_every_state_is_stored_once_while_the_table_grows(program, words):
    states, doublings = run(program, "alone", words, count=100_000)
    assert (states, doublings > 0) == (100_000, True)
    assert run(program, "batches", words, count=60_000)[0] == 60_000


@pytest.mark.parametrize("workers", [2, 4])
def test_what_several_put_at_once_is_stored_once(program, workers):
    for words in WORDS:
        states, doublings = run(program, "together", words, workers, count=70_000)
        assert (states, doublings > 0) == (70_000, True)


def test_a_worker_that_is_overtaken_loses_no_state(tmp_path):
    flags = (*SIZES["tiny"], "-DMC_BEFORE_PUBLISHING=overtake")
    program = compile_c(tmp_path, "runtime_store.c", FILES, *flags)
    assert run_c(program, "overtaken", 1, 2, 5_000, PLENTY) == []


def test_a_million_states(tmp_path):
    program = compile_c(tmp_path, "runtime_store.c", FILES, "-O2")
    assert run(program, "alone", 2, count=1_000_000) == (1_000_000, 5)
    assert run(program, "together", 1, 3, count=1_000_000)[0] == 1_000_000


def test_states_of_one_tag_are_told_apart(program):
    assert run_c(program, "same-tag", 1, 1, 0, 64 << 20) == []


def test_states_that_want_one_slot_are_told_apart(program):
    assert run_c(program, "same-home", 1, 1, 20_000, PLENTY) == []


def test_beyond_the_budget_nothing_that_was_stored_is_lost(program):
    for words in WORDS:
        assert run(program, "beyond", words, count=1_000_000, size=1 << 20)[0] > 10_000 / words


def test_workers_do_not_race(tmp_path):
    """What the store does with atomics is enough for the thread sanitizer too."""
    flags = ("-O1", "-g", "-fsanitize=thread", *SIZES["tiny"][1:])
    compiler = "gcc" if shutil.which("gcc") else ""
    program = compile_c(tmp_path, "runtime_store.c", FILES, *flags, compiler=compiler)
    for words in WORDS:
        assert run(program, "together", words, 4, count=20_000)[0] == 20_000
