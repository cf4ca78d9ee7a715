"""Hand-made stories: what the writers draw, without any program behind it."""

import random
from dataclasses import replace

from modelcheck.trace.events import (
    Access,
    Change,
    Failure,
    SourceLine,
    StepEvent,
    Story,
    Waiting,
)
from modelcheck.trace.picture import Heading

SPEC = "specs/psi/trigger.py"
HEADING = Heading(
    SPEC,
    (("pollers", "1"),),
    "early_free",
    "122 states, 301 transitions, depth 19",
    "steps",
    ("por, symmetry", "sc", "sizes pollers=1"),
    "modelcheck replay out/trigger.early_free.trace.json",
)


def at(line, text, path=SPEC):
    return SourceLine(path, line, text)


def step(number, thread, line, text, **facts):
    return StepEvent(number, thread, f"t{thread}.L{line}", at(line, text), **facts)


def change(place, old, new):
    return (Change(place, old, new),)


def read(place, value, kind="plain"):
    return (Access(place, value, kind=kind),)


LOCK = at(31, "lock.owner = current()", "kernel/mutex.py")
UNLOCK = at(52, "lock.owner = None", "kernel/mutex.py")


def take(number, thread, line, lock="group.lock", name="poll"):
    return step(
        number,
        thread,
        line,
        f"mutex_lock({lock})",
        inside=LOCK,
        routine="mutex_lock",
        reads=read(f"{lock}.owner", "None", "acquire"),
        changes=change(f"{lock}.owner", "None", name),
        writes=(Access(f"{lock}.owner", name, write=True),),
        taken=((lock, thread),),
    )


def release(number, thread, line, lock="group.lock", name="poll"):
    return step(
        number,
        thread,
        line,
        f"mutex_unlock({lock})",
        inside=UNLOCK,
        routine="mutex_unlock",
        changes=change(f"{lock}.owner", name, "None"),
        writes=(Access(f"{lock}.owner", "None", write=True),),
        released=(lock,),
    )


def use_after_free():
    return Story(
        ("write[0]", "write[1]", "poll"),
        (0, 1, 2),
        (
            step(
                1,
                0,
                21,
                "t = new(Trigger, refs=1)",
                allocated=("trigger[0]",),
                known=(("t", "trigger[0]"),),
            ),
            step(2, 0, 22, "seq.trigger = t", changes=change("seq.trigger", "None", "trigger[0]")),
            step(3, 2, 48, "t = READ_ONCE(seq.trigger)", reads=read("seq.trigger", "trigger[0]")),
            take(4, 1, 30, name="write[1]"),
            step(
                5, 1, 32, "seq.trigger = None", changes=change("seq.trigger", "trigger[0]", "None")
            ),
            step(6, 1, 33, "free(old)", freed=("trigger[0]",)),
            release(7, 1, 34, name="write[1]"),
            take(8, 2, 50),
            step(9, 2, 52, "t.event = 1", ended=()),
        ),
        Failure("use-after-free", "built in", "step", "trigger[0]"),
    )


def deadlock():
    return Story(
        ("close[0]", "close[1]", "drain"),
        (0, 1, 2),
        (take(1, 0, 12, "a", "close[0]"), take(2, 1, 18, "b", "close[1]")),
        Failure("deadlock", "built in", "state"),
        waiting=(
            Waiting(
                0,
                at(13, "mutex_lock(b)"),
                at(30, "wait_until(lock.owner is None)", "kernel/mutex.py"),
                "mutex_lock",
                read("b.owner", "close[1]"),
                (("b", 1),),
            ),
            Waiting(
                1,
                at(19, "mutex_lock(a)"),
                at(30, "wait_until(lock.owner is None)", "kernel/mutex.py"),
                "mutex_lock",
                read("a.owner", "close[0]"),
                (("a", 0),),
            ),
            Waiting(2, at(40, "wait_until(work.pending)"), reads=read("work.pending", "False")),
        ),
    )


def data_race():
    return Story(
        ("reader", "writer"),
        (0, 1),
        (step(1, 1, 8, "x.ready = True", changes=change("x.ready", "False", "True")),),
        Failure("data-race", "built in", "race", "x"),
        racing=(
            step(0, 0, 12, "v = x.n", reads=read("x.n", "0")),
            step(0, 1, 9, "x.n = 1", writes=(Access("x.n", "1", write=True),)),
        ),
    )


def broken_invariant():
    return Story(
        ("reader", "writer"),
        (0, 1),
        (
            step(1, 1, 15, "seq = 1", changes=change("seq", "0", "1")),
            step(2, 1, 16, "a = 1", changes=change("a", "0", "1")),
            step(3, 0, 24, "x = a", reads=read("a", "1"), known=(("x", "1"),)),
            step(
                4,
                0,
                25,
                "y = b",
                reads=read("b", "0"),
                changes=change("whole", "True", "False"),
                ended=(0,),
            ),
        ),
        Failure(
            "reader_sees_whole_write",
            "invariant",
            "state",
            declared=at(55, "def reader_sees_whole_write():"),
            observed=read("whole", "False"),
        ),
        initial=("cpu = 1",),
    )


def long_story(steps=40):
    """40 steps of five threads with long names, several locks, objects and files."""
    names = tuple(
        f"{name}[{i}]"
        for name, count in (("kernfs_drain_open_files_worker", 2), ("unix_stream_close", 3))
        for i in range(count)
    )
    events = []
    for number in range(1, steps + 1):
        thread = (number * 7 // 3) % len(names)
        place = f"superblock.inodes[{number % 3}].address_space.nr_pages"
        source = SourceLine(
            SPEC if number % 4 else "specs/psi/very_long_helper_file_name_for_inodes.py",
            100 + number,
            f"inode_{number}.address_space.nr_pages = compute_new_page_count(inode, flags)",
        )
        events.append(
            StepEvent(
                number,
                thread,
                f"t.L{number}",
                source,
                reads=read(f"superblock.inodes[{(number + 1) % 3}].address_space.nr_pages", "7"),
                changes=change(place, str(number - 1), str(number)),
                allocated=("page_cache_folio[0]",) if number == 3 else (),
                freed=("page_cache_folio[0]",) if number == 30 else (),
                taken=(("superblock.s_inode_list_lock", thread),) if number == 5 else (),
                released=("superblock.s_inode_list_lock",) if number == 36 else (),
            )
        )
    return Story(
        names,
        tuple(range(len(names))),
        tuple(events),
        Failure("use-after-free", "built in", "step", "page_cache_folio[0]", "a folio was touched"),
    )


STORIES = {
    "use_after_free": use_after_free(),
    "deadlock": deadlock(),
    "data_race": data_race(),
    "broken_invariant": broken_invariant(),
    "long": long_story(),
}


def add_switches(events, rng):
    """The same steps: where another thread goes on with a reason, now and then with a reader."""
    reading = set()
    for event, following in zip(events, (*events[1:], None), strict=True):
        facts = {}
        section = ("rcu", event.thread)
        if rng.random() < 0.3:
            facts["left" if section in reading else "entered"] = (section,)
            reading ^= {section}
        if following is not None and following.thread != event.thread:
            kind = rng.choice(("preempted", "finished", "waits"))
            facts |= {"leaves": kind, "woken": (following.thread,)}
            if kind == "waits":
                place = "a_place." * rng.randrange(1, 12)
                facts["blocked"] = Waiting(event.thread, event.at, reads=read(place, "1"))
        yield replace(event, **facts)


def random_story(seed):
    """A story with arrows between lanes in all directions, nested locks, spawned threads."""
    rng = random.Random(seed)
    names = tuple(f"thread_{'x' * rng.randrange(12)}[{i}]" for i in range(rng.randrange(1, 6)))
    spawned = len(names) - 1 if len(names) > 2 else None
    events, held, live = [], {}, set()
    for number in range(1, rng.randrange(2, 30)):
        runnable = [t for t in range(len(names)) if t != spawned or number > 4]
        thread = rng.choice(runnable)
        place = f"object.field_{rng.randrange(3)}"
        lock = f"object.inner_lock_{rng.randrange(3)}"
        facts = {"reads": read(f"object.field_{rng.randrange(3)}", "1")}
        if rng.random() < 0.5:
            facts["changes"] = change(place, "0", "1" * rng.randrange(1, 60))
        if held.get(lock) == thread:
            del held[lock]
            facts["released"] = (lock,)
        elif lock not in held:
            held[lock] = thread
            facts["taken"] = ((lock, thread),)
        if number == 2:
            live.add("pool[0]")
            facts["allocated"] = ("pool[0]",)
        elif "pool[0]" in live and rng.random() < 0.2:
            live.clear()
            facts["freed"] = ("pool[0]",)
        if number == 4 and spawned is not None:
            facts["started"] = (spawned,)
        text = " ".join("statement"[: rng.randrange(1, 9)] for _ in range(rng.randrange(1, 16)))
        events.append(step(number, thread, number, text, **facts))
    alive = tuple(t for t in range(len(names)) if t != spawned)
    return Story(
        names,
        alive,
        tuple(add_switches(events, rng)),
        Failure("use-after-free", "built in", "step", "pool[0]"),
    )
