"""Small specs with one violation each, and what a user does with them."""

from dataclasses import dataclass

from modelcheck.backends.python.model import compile_program
from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from modelcheck.frontend import load
from modelcheck.ir.passes import run_passes
from modelcheck.trace.trace import record_trace

KERNFS = """\
from modelcheck.kernel import Mutex, mutex_lock, mutex_unlock
from modelcheck.lang import Bool, Ptr, U8, final, flag, ghost, param, shared, spec, struct, thread

spec("kernfs")

closers = param(1, min=1, max=3)
check_released = flag(False)


@struct
class OpenFile:
    released: Bool
    calls: U8 = ghost(0)


open_file_mutex = shared(Mutex)
files = shared(OpenFile, count=closers)


def kernfs_release_file(of: Ptr[OpenFile]):
    if not (check_released and of.released):
        of.calls += 1               # ->release()
        of.released = True


@thread(count=closers)
def close(me):
    mutex_lock(open_file_mutex)
    kernfs_release_file(files[me])
    mutex_unlock(open_file_mutex)


@thread
def drain():
    mutex_lock(open_file_mutex)
    for of in files:
        kernfs_release_file(of)
    mutex_unlock(open_file_mutex)


@final
def released_once():
    return all(of.calls == 1 for of in files)
"""

USE_AFTER_FREE = """\
from modelcheck.lang import READ_ONCE, WRITE_ONCE, Ptr, U8, free, new, pool, shared, spec, struct
from modelcheck.lang import thread, wait_until

spec("poll")


@struct
class Trigger:
    event: U8


@struct
class Seq:
    trigger: Ptr[Trigger]


triggers = pool(Trigger, count=1)
seq = shared(Seq)


@thread
def write():
    t = new(Trigger, event=0)
    WRITE_ONCE(seq.trigger, t)
    old = READ_ONCE(seq.trigger)
    WRITE_ONCE(seq.trigger, None)
    free(old)


@thread
def poll():
    wait_until(seq.trigger is not None)
    t = READ_ONCE(seq.trigger)
    if t is not None:
        WRITE_ONCE(t.event, 1)
"""

DEADLOCK = """\
from modelcheck.kernel import Mutex, mutex_lock, mutex_unlock
from modelcheck.lang import shared, spec, thread

spec("abba")

a = shared(Mutex)
b = shared(Mutex)


@thread
def first():
    mutex_lock(a)
    mutex_lock(b)
    mutex_unlock(b)
    mutex_unlock(a)


@thread
def second():
    mutex_lock(b)
    mutex_lock(a)
    mutex_unlock(a)
    mutex_unlock(b)
"""

RACE = """\
from modelcheck.lang import U8, shared, spec, struct, thread

spec("race")


@struct
class Box:
    n: U8


x = shared(Box)


@thread
def reader():
    v = x.n
    x.n = v


@thread
def writer():
    x.n = 1
"""

CHOICES = """\
from modelcheck.lang import U8, choose, initial, shared, spec, struct, thread

spec("choices")


@struct
class Box:
    n: U8


x = shared(Box)


@initial
def start():
    x.n = choose(0, 3)


@thread
def add():
    k = choose(1, 2)
    x.n += k
    v = x.n
    assert v != 5, "never_five"
"""

STUCK = """\
from modelcheck.lang import READ_ONCE, WRITE_ONCE, Bool, shared, spec, struct, thread

spec("spin")


@struct
class Flag:
    up: Bool


f = shared(Flag)


@thread
def spin():
    while not READ_ONCE(f.up):
        pass


@thread
def lower():
    WRITE_ONCE(f.up, False)
"""


ORDER = """\
from modelcheck.lang import U8, precedes, shared, spec, struct, thread


spec("order")


@struct
class Box:
    n: U8


a = shared(Box)
b = shared(Box)


@thread
def first():
    a.n = 1
    precedes("lock-order", a, b)


@thread
def second():
    b.n = 1
    precedes("lock-order", b, a)
"""


def line_of(text, statement, number=0):
    """The line on which a statement stands, the first one or a later one."""
    lines = text.splitlines()
    return [i for i, line in enumerate(lines, 1) if line.strip() == statement][number]


@dataclass
class Checked:
    info: object
    sources: dict
    model: object
    result: object

    def violation(self, name):
        return next(v for v in self.result.violations if v.property == name)

    def record(self, name):
        return record_trace(self.model, self.info, self.sources, self.result, self.violation(name))


def check(tmp_path, text, settings=None):
    path = tmp_path / "spec.py"
    path.write_text(text, encoding="utf-8")
    spec = load(path, "specs/spec.py")
    program = run_passes(spec.program(settings or {}))
    return Checked(spec.info, spec.sources, compile_program(program), explore(program, Options()))
