"""Steps as single threads take them: `$me`, their own memory, what a pointer is known to be."""

from __future__ import annotations

from modelcheck.ir.dependence import Footprints, MemoryPart, may_depend
from tests.checking import program_of

PROGRAM = """
    @struct(marked=True)
    class Word:
        value: U8

    @struct(marked=True)
    class Frame:
        value: U8

    words = shared(Word, count=3)
    mine = per_thread(Frame)

    def store(word: Ptr[Word]):
        word.value = 1

    @thread
    def before():
        WRITE_ONCE(words[2].value, 2)
        mine[current()].value = 1

    @thread(count=2)
    def works(me):
        WRITE_ONCE(words[me].value, 1)
        store(words[me + 1])
        frame = local(Frame)
        frame.value = 1
        mine[current()].value = 1

    @thread
    def looks():
        for i in range(3):
            assert words[i].value < 3, "small"
"""


def steps_of(program, template, thread):
    """The footprints of a thread's steps, in order."""
    found = next(t for t in program.templates if t.name == template)
    footprints = Footprints(program)
    labels = [block.label for block in found.body.blocks if block.rest]
    return [footprints.of_step(found, label, thread) for label in labels]


def written(footprint):
    return {
        (part.pattern.object, part.pattern.element)
        for part in footprint.writes
        if isinstance(part, MemoryPart)
    }


def make():
    return program_of(PROGRAM)


def test_each_thread_means_its_own_elements():
    program = make()
    for thread, copy in ((1, 0), (2, 1)):
        first, second, third, last = steps_of(program, "works", thread)
        assert written(first) == {("words", copy)}
        assert written(second) == {("words", copy + 1), ("works.frame", copy)}  # it begins to live
        assert ("works.frame", copy) in written(third)
        # The last one ends the thread, and all that is its own.
        assert {("mine", thread), ("works.frame", copy)} <= written(last)
        assert not {("mine", 3 - thread), ("works.frame", 1 - copy)} & written(last)


def test_only_those_who_mean_the_same_element_depend():
    program = make()
    zero, one = (steps_of(program, "works", thread) for thread in (1, 2))
    (other, _) = steps_of(program, "before", 0)
    assert not may_depend(zero[0], one[0])
    assert may_depend(zero[1], one[0])
    assert not may_depend(other, zero[1])
    assert may_depend(other, one[1])
    assert not may_depend(zero[2], one[2])
    assert not may_depend(zero[3], one[3])


def test_a_template_means_all_of_its_threads():
    program = make()
    (footprint, *_) = steps_of(program, "works", None)
    assert may_depend(footprint, footprint)
