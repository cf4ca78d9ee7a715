"""The names a spec imports, with types and documentation for people and editors.

A spec is read as text and never run (`modelcheck.frontend`), so nothing here does anything: the
module exists so that Python's own tools understand a spec.  Importing a spec is harmless and
pointless: every call returns a dummy.  The meaning of each name is in `docs/language.md`.

The types are kinder than the language: a `Ptr[T]` may be used without a test for `None`, and
numbers of all widths are `int`.  What the language refuses, `modelcheck check` says.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, overload

# `Any` stands where a declaration takes the type to its left (`x: U8 = ghost(0)`), and where a
# name stands for several kinds of thing (a place, a struct's field, a thread).

_T = TypeVar("_T")
_F = TypeVar("_F", bound=Callable[..., Any])


class _Inert:
    """What a declaration returns when a spec is imported as if it were a program."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, index: object) -> Any:
        return self


_inert: Any = _Inert()


def _unchanged(routine: _F) -> _F:
    return routine


# ---------------------------------------------------------------------------------------------
# The file


def spec(name: str) -> None:
    """Name the spec.  The name is that of the catalogue: `spec("kernfs-release-once")`."""


def param(default: int, *, min: int, max: int) -> int:
    """Declare a size: how many threads, objects or rounds.  It is a constant of each run.

    `-D name=value` and `variant(…, name=value)` set it, within `min` … `max`.
    """
    return default


def flag(default: _T) -> _T:
    """Declare a switch: a `Bool`, a number or an enum member that variants may set.

    It is folded before anything else, together with the branches it decides.
    """
    return default


def default(
    *,
    violates: str | tuple[str, ...] = (),
    also: str | tuple[str, ...] = (),
    needs: str = "",
) -> None:
    """Say what the default configuration is expected to violate.  Without it: nothing."""


def variant(
    name: str,
    *,
    violates: str | tuple[str, ...] = (),
    also: str | tuple[str, ...] = (),
    needs: str = "",
    **settings: Any,
) -> None:
    """Name a setting of flags and parameters, and what it is expected to violate.

    `violates` is the exact set of violated properties, `"use-after-free(Trigger)"` where it
    matters of what; `also` names tolerated by-products; `needs="weak-memory"` or `"liveness"`
    says that this version cannot check it.  Without any: expected to be verified.
    """


def allow(check: str, *, on: Any = None, because: str) -> None:
    """Silence one built-in check, for one object or field where `on` names it.

    Every report lists what was silenced and `because` of what.
    """


# ---------------------------------------------------------------------------------------------
# Types


class Thread:
    """What a `ThreadId` names when it is not `None`."""


class Threads(Thread):
    """What `@thread` declares: the thread itself, or with `count=` one by its number."""

    def __getitem__(self, number: int) -> Thread:
        return self


Bool = bool
"""`True` or `False`.  Nothing else has truth."""

U8 = int
"""An unsigned number of 8 bits; a store wraps."""

U16 = int
"""An unsigned number of 16 bits; a store wraps."""

U32 = int
"""An unsigned number of 32 bits; a store wraps."""

Int = int
"""An exact integer, bounded by `= between(lo, hi)`; a store outside violates `range`."""

Enum = enum.Enum
"""The base of enums: `class Mode(Enum): READ = 0`.  Members are symbols, not numbers."""

ThreadId = Thread | None
"""A thread or `None`: compared, or used as index of a `per_thread` array."""

Ptr = Union[_T, Any]  # noqa: UP007 - mypy takes a leading `_T |` for a variable
"""`Ptr[T]`: `None` or any place of struct T.  Using `None` violates `null-dereference`."""

Ref = Annotated[_T, "place"]
"""`Ref[T]`, for parameters only: the argument's place itself.  Naming it loads, assigning to it
stores.  A bare `Ref` takes a place of any type."""

Fn = Callable[..., Any] | Any
"""A routine or `None`.  A call through a field runs one of those the program stores there."""

Set = set
"""`Set[T]` of `ThreadId`, `Ptr`, enum or `Int = between(lo, hi)`: `add discard clear in len`."""


class Array(Generic[_T]):
    """`Array[T] = array(n)`: n elements, numbered from 0.  Any other index is `out-of-bounds`."""

    def __getitem__(self, index: Any) -> _T:
        return _inert  # type: ignore[no-any-return]  # inert

    def __setitem__(self, index: Any, value: _T) -> None:
        pass

    def __iter__(self) -> Iterator[_T]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Queue(Generic[_T]):
    """`Queue[T] = queue(n)`: a bounded queue.  Each operation is one access."""

    def append(self, value: _T) -> None:
        """Add at the end.  A full queue violates `capacity`."""

    def appendleft(self, value: _T) -> None:
        """Add at the front.  A full queue violates `capacity`."""

    def popleft(self) -> _T:
        """Take the first.  An empty queue violates `out-of-bounds`."""
        return _inert  # type: ignore[no-any-return]  # inert

    def remove(self, value: _T) -> None:
        """Take out the first equal element; it must be there."""

    def clear(self) -> None:
        """Take out all elements."""

    def __contains__(self, value: object) -> bool:
        return False

    def __len__(self) -> int:
        return 0

    def __getitem__(self, index: int) -> _T:
        return _inert  # type: ignore[no-any-return]  # inert

    def __iter__(self) -> Iterator[_T]:
        return iter(())


class Context(enum.Enum):
    """Where a thread runs: `@thread(context=Context.SOFTIRQ)`, asked by `context()`."""

    TASK = 0
    KTHREAD = 1
    SOFTIRQ = 2
    HARDIRQ = 3


# ---------------------------------------------------------------------------------------------
# Right of `=`


def between(lo: int, hi: int, start: int = 0) -> Any:
    """Bound an `Int`, or the elements of a `Set[Int]`: lo and hi belong to the range.

    `shared(between(0, 5))` is a shared number with these bounds.  Without `start`, which only a
    field takes, a range without 0 starts at lo.
    """
    return _inert


def array(count: int, of: Any = None) -> Any:
    """Give an `Array[T]` its number of elements; `array(4, between(0, 5))` bounds them too."""
    return _inert


def queue(capacity: int, of: Any = None) -> Any:
    """Give a `Queue[T]` the most elements it can hold; `queue(4, between(0, 5))` bounds them."""
    return _inert


def ghost(start: Any = None) -> Any:
    """Make a field or a variable a ghost with a start value: bookkeeping of the proof.

    Only asserts, properties, observers and ghosts may read it.  A store to it is no step: it
    happens with the step before it.
    """
    return _inert


def durable(start: Any = None) -> Any:
    """Make a field survive `crash()`, with a start value."""
    return _inert


def places(struct_type: Any) -> int:
    """How many places of a struct the program has: a constant."""
    return 0


# ---------------------------------------------------------------------------------------------
# Objects

_Type = TypeVar("_Type", bound=type)


@overload
def struct(cls: _Type, /) -> _Type: ...
@overload
def struct(*, marked: bool = False) -> Callable[[_Type], _Type]: ...
def struct(cls: Any = None, /, *, marked: bool = False) -> Any:
    """Declare a struct: `@struct class OpenFile: released: Bool`.

    `marked=True`: it has no plain accesses, every one counts as `READ_ONCE` or `WRITE_ONCE`.
    """
    if cls is None:
        return struct
    for name in cls.__annotations__:
        if not hasattr(cls, name):
            setattr(cls, name, _inert)  # so that `on=File.f_pos` can be evaluated
    return cls


@overload
def shared(of: type[_T], start: Any = None, /, *, count: int, **fields: Any) -> Array[_T]: ...
@overload
def shared(of: type[_T], start: Any = None, /, **fields: Any) -> _T: ...
def shared(of: Any, start: Any = None, /, *, count: int = 1, **fields: Any) -> Any:
    """Declare a shared object, or `count` of them.  Unset fields are 0, `False`, `None`, empty.

    The type is a struct, an enum or a number type, which may be given a start: `shared(U8, 3)`.
    A shared number is assigned under `global`.
    """
    return _inert


def initial(routine: _F) -> _F:
    """Mark a routine that links and fills shared objects before the first state.

    Each of its choices makes an initial state.
    """
    return routine


def pool(
    struct_type: type[_T], *, count: int, reuse: bool = False, stable: tuple[Any, ...] = ()
) -> Iterable[_T]:
    """Declare what `new(T)` draws from: at most `count` allocations in a run.

    `reuse=True`: a freed slot may come back at once.  `stable=(T.f,)`: these fields keep their
    values over `free`, and may be used until `discard` (SLAB_TYPESAFE_BY_RCU).
    """
    return _inert  # type: ignore[no-any-return]  # inert


def per_thread(struct_type: type[_T], **fields: Any) -> Array[_T]:
    """Declare one T for every thread, indexed by `ThreadId`; it dies with its thread."""
    return _inert  # type: ignore[no-any-return]  # inert


def local(struct_type: type[_T], **fields: Any) -> _T:
    """Make a T on the routine's stack.  Touching it after the return is `use-after-free`."""
    return _inert  # type: ignore[no-any-return]  # inert


def new(struct_type: type[_T], **fields: Any) -> _T:
    """Allocate a T from its pool: one step.  Unset fields are `uninitialised`."""
    return _inert  # type: ignore[no-any-return]  # inert


def free(pointer: Any, *, around: bool = False) -> None:
    """End the life of an object: one step.  It must be alive, else `double-free`.

    `around=True`: of the object that the place lies in, whatever its type (what `kfree_rcu` does,
    which knows only the `rcu_head` in it).
    """


def discard(pointer: Any) -> None:
    """Give a freed object of a type-stable pool back for good: one step."""


def alive(pointer: Any) -> bool:
    """Whether the object around a place lives; for properties and asserts."""
    return True


def objects(struct_type: type[_T], *, free: bool = False) -> Iterable[_T]:
    """The live places of a struct, or with `free=True` the free ones; in one-step contexts."""
    return ()


def container_of(pointer: Any, struct_type: type[_T], field: str) -> _T:
    """The T whose field is what the pointer points to; checked when it runs."""
    return _inert  # type: ignore[no-any-return]  # inert


def any_order(elements: Iterable[_T]) -> Iterable[_T]:
    """Each element of an array once, in every order: `for x in any_order(files)`."""
    return elements


# ---------------------------------------------------------------------------------------------
# Threads and steps


@overload
def thread(routine: Callable[..., Any], /) -> Threads: ...
@overload
def thread(
    *,
    count: int = 1,
    each: Any = None,
    spawned: int = 0,
    context: Context = Context.TASK,
    interrupts: Thread | None = None,
) -> Callable[[Callable[..., Any]], Threads]: ...
def thread(routine: Any = None, /, **options: Any) -> Any:
    """Declare a thread, or `count` of them, each given its number if it takes one.

    `each=T`: one per place of T, given it.  `spawned=n`: none at the start, n slots for `spawn`.
    `interrupts=t`: a handler on the CPU of thread t, which stands still until the handler ends.
    """
    return _unchanged if routine is None else routine


def spawn(thread: Threads, *arguments: Any) -> Thread:
    """Start a thread declared with `spawned=n`: one step.  No free slot violates `capacity`."""
    return Thread()


def finished(which: ThreadId) -> bool:
    """Whether a thread has ended."""
    return True


def current() -> Thread:
    """The thread that runs this."""
    return Thread()


def threads() -> Iterable[Thread]:
    """All threads."""
    return ()


def context() -> Context:
    """Where the calling thread runs."""
    return Context.TASK


def irqs(on: bool) -> None:
    """Switch hard interrupts of this CPU on or off: one access."""


def softirqs(on: bool) -> None:
    """Switch soft interrupts of this CPU on or off: one access."""


def crash() -> None:
    """The machine loses power: one step.  All other threads end; only durable fields stay."""


def atomic(
    *,
    because: str = "",
    rmw: Literal["relaxed", "acquire", "release", "full"] = "full",
) -> AbstractContextManager[None]:
    """`with atomic():` makes its body one step; `because` says why that is true of the kernel.

    `rmw` is the order of the read-modify-write where it loads and stores one place.
    """
    return nullcontext()


def wait_until(condition: bool, *, idle: bool = False) -> None:
    """Wait, without spinning, until the condition holds: one step.

    `idle=True`: a thread that waits here is at rest (a kworker without work), not deadlocked.
    """


@overload
def choose(values: Iterable[_T], /, *, idle: bool = False) -> _T: ...
@overload
def choose(first: _T, second: _T, /, *rest: _T, idle: bool = False) -> _T: ...
def choose(*values: Any, idle: bool = False) -> Any:
    """Any of the values, each in a transition of its own: `choose(a, b)`, `choose(range(n))`,
    `choose(x for x in xs if x.free)`.  Disabled while there is none."""
    return _inert


def either() -> bool:
    """`choose(False, True)`."""
    return True


def label(text: str) -> None:
    """Name the next step, for traces."""


# ---------------------------------------------------------------------------------------------
# Properties


def invariant(routine: _F) -> _F:
    """Mark a property that must hold in every reachable state."""
    return routine


def lemma(routine: _F) -> _F:
    """Mark an invariant that is there to carry the proofs of others (`modelcheck prove`)."""
    return routine


def final(routine: _F) -> _F:
    """Mark a property that must hold in every quiescent state: when nothing can go on."""
    return routine


def reachable(routine: _F) -> _F:
    """Mark a property that some reachable state must satisfy."""
    return routine


def eventually(routine: _F) -> _F:
    """Reserved for liveness properties; this version refuses it."""
    return routine


def leads_to(routine: _F) -> _F:
    """Reserved for liveness properties; this version refuses it."""
    return routine


def observer(routine: _F) -> _F:
    """Mark a routine that reads anything and writes ghosts only; calling it is no step."""
    return routine


def on_free(struct_type: Any) -> Callable[[_F], _F]:
    """Mark an observer that runs for each T inside an object that dies: "freed while held"."""
    return _unchanged


def precedes(name: str, first: Any, second: Any, *, nested: bool = False) -> None:
    """Record that `first` was taken before `second`; a cycle over a whole run violates `name`.

    `nested=True`: not where both have one declaration, whose instances have an order of their own.
    """


# ---------------------------------------------------------------------------------------------
# Ordering of accesses


def READ_ONCE(place: _T) -> _T:
    """A marked load."""
    return place


def WRITE_ONCE(place: _T, value: _T) -> None:
    """A marked store."""


def rcu_dereference(place: _T) -> _T:
    """A marked load that later accesses through the pointer depend on."""
    return place


def smp_load_acquire(place: _T) -> _T:
    """A load before all later accesses of this thread."""
    return place


def smp_store_release(place: _T, value: _T) -> None:
    """A store after all earlier accesses of this thread."""


def smp_mb() -> None:
    """A full barrier; no access under `sc`."""


def smp_wmb() -> None:
    """A barrier between stores; no access under `sc`."""


def smp_rmb() -> None:
    """A barrier between loads; no access under `sc`."""
