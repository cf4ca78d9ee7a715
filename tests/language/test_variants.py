"""DESIGN 3.5, 3.3 (imports) and 3.6: variants, files, kinds of accesses."""

from __future__ import annotations

from textwrap import dedent

import pytest

from modelcheck.diagnostics import SpecErrors
from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from modelcheck.frontend import load
from modelcheck.ir.passes import run_passes
from tests.checking import check_text, counts, load_text, violated


@pytest.fixture
def files(tmp_path):
    """Explore `main` among some files, given as name=text."""

    def run(**texts):
        for name, text in texts.items():
            path = tmp_path.joinpath(*name.split("__")).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        program = run_passes(load(tmp_path / "main.py", "main.py").program({}))
        return program, explore(program, Options())

    return run


def test_the_head_of_a_spec():
    info = load_text("""
        class Mode(Enum):
            SLOW = 0
            FAST = 1

        n = param(1, min=1, max=3)
        check = flag(True)
        mode = flag(Mode.SLOW)
        x = shared(U8)

        @thread(count=n)
        def t():
            WRITE_ONCE(x, 1 if check else 2)

        @final
        def one():
            return x == 1

        default(violates=())
        variant("off", check=False, violates="one")
        variant("fast", mode=Mode.FAST, n=2, also=("data-race", "leak"))
        variant("later", needs="weak-memory")
    """).info
    assert [p.name for p in info.parameters] == ["n"]
    assert [(f.name, f.choices) for f in info.flags] == [("check", ()), ("mode", ("SLOW", "FAST"))]
    assert [v.name for v in info.variants] == ["off", "fast", "later"]
    off, fast, later = info.variants
    assert (dict(off.settings), off.violates) == ({"check": False}, ("one",))
    assert dict(fast.settings) == {"mode": "FAST", "n": 2}
    assert (fast.violates, fast.also) == ((), ("data-race", "leak"))
    assert later.needs == "weak-memory"
    assert info.default.violates == ()


def test_renamed_names_of_the_language_count(files):
    _, result = files(
        main="""
        from modelcheck.lang import U8, WRITE_ONCE, shared as mem, spec as name
        from modelcheck.lang import invariant as always, struct as layout, thread as task

        name("renamed")

        @layout
        class S:
            n: U8

        s = mem(S)

        @task
        def t():
            WRITE_ONCE(s.n, 1)

        @always
        def never_stored():
            return s.n == 0
        """
    )
    assert violated(result) == {"never_stored"}


def test_a_file_passes_on_what_it_imports(files):
    _, result = files(
        common="""
        from modelcheck.lang import U8, WRITE_ONCE, invariant, shared, thread
        """,
        main="""
        from modelcheck.lang import spec
        from .common import U8, WRITE_ONCE, invariant, shared, thread

        spec("passed-on")
        x = shared(U8)

        @thread
        def t():
            WRITE_ONCE(x, 1)

        @invariant
        def never_stored():
            return x == 0
        """,
    )
    assert violated(result) == {"never_stored"}


def test_objects_threads_and_properties_of_an_imported_file_belong_to_the_program(files):
    program, result = files(
        lib__device="""
        from modelcheck.lang import U8, WRITE_ONCE, final, shared, thread

        x = shared(U8)

        @thread
        def t():
            WRITE_ONCE(x, 1)

        def get():
            return x

        @final
        def device_ran():
            return x == 2
        """,
        main="""
        from modelcheck.lang import U8, WRITE_ONCE, final, shared, spec, thread
        from .lib.device import get

        spec("two-files")
        x = shared(U8)

        @thread
        def t():
            WRITE_ONCE(x, 7)

        @final
        def own_names():
            return x == 7 and get() == 1
        """,
    )
    assert violated(result) == {"device_ran"}
    assert counts(result) == (4, 4, 2)
    assert len({t.name for t in program.templates}) == 2


def test_two_files_may_have_structs_of_one_name(files):
    _, result = files(
        lib="""
        from modelcheck.lang import U8, shared, struct

        @struct
        class S:
            a: U8

        s = shared(S)
        """,
        main="""
        from modelcheck.lang import U8, final, shared, spec, struct, thread
        from .lib import s as other

        spec("two-structs")

        @struct
        class S:
            b: U8

        s = shared(S)

        @thread
        def t():
            s.b = 1
            other.a = 2

        @final
        def ok():
            return s.b == 1 and other.a == 2
        """,
    )
    assert violated(result) == set()


def test_two_files_cannot_have_properties_of_one_name(files):
    with pytest.raises(SpecErrors, match="MC311"):
        files(
            lib="""
            from modelcheck.lang import U8, invariant, shared

            y = shared(U8)

            @invariant
            def ok():
                return y == 0
            """,
            main="""
            from modelcheck.lang import U8, WRITE_ONCE, invariant, spec, thread
            from .lib import y

            spec("one-name")

            @thread
            def t():
                WRITE_ONCE(y, 1)

            @invariant
            def ok():
                return y <= 1
            """,
        )


def test_a_cycle_of_imports_is_refused(files):
    with pytest.raises(SpecErrors, match="MC205"):
        files(
            lib="from .main import x\n",
            main="""
            from modelcheck.lang import U8, shared, spec
            from .lib import x as y

            spec("cycle")
            x = shared(U8)
            """,
        )


def test_quoted_and_future_annotations(files):
    _, result = files(
        main="""
        from __future__ import annotations

        from modelcheck.lang import Array, Ptr, U8, array, final, shared, spec, struct, thread

        spec("quoted")

        @struct
        class Node:
            next: Ptr[Node]
            later: Ptr["Late"]
            all: "Array[Ptr[Late]]" = array(2)

        @struct
        class Late:
            n: "U8"

        node = shared(Node)
        late = shared(Late)

        @thread
        def t():
            node.next = node
            node.next.later = late
            node.all[1] = late
            node.later.n = 1

        @final
        def ok():
            return late.n == 1 and node.all[1] is late and node.all[0] is None
        """
    )
    assert violated(result) == set()


def test_an_option_is_a_field_nobody_stores():
    text = """
        @struct
        class Lock:
            strict: Bool
            n: U8

        lock = shared(Lock{option})
        x = shared(U8)

        def take(l: Ptr[Lock]):
            if l.strict:
                l.n = 1
            WRITE_ONCE(x, 1)

        @thread
        def t():
            take(lock)
    """
    assert counts(check_text(text.format(option=""))) == (2, 1, 1)
    assert counts(check_text(text.format(option=", strict=True"))) == (3, 2, 2)


@pytest.mark.parametrize("rmw", ["relaxed", "acquire", "release", "full"])
def test_accesses_carry_their_kind(rmw):
    from modelcheck.ir.nodes import Kind, Load, Store
    from tests.checking import program_of

    program = program_of(f"""
        @struct
        class S:
            n: U8
            p: Ptr["S"]

        @struct(marked=True)
        class M:
            n: U8

        s = shared(S)
        m = shared(M)

        @thread
        def t():
            s.n = s.n
            WRITE_ONCE(s.n, READ_ONCE(s.n))
            smp_store_release(s.n, smp_load_acquire(s.n))
            s.p = rcu_dereference(s.p)
            with atomic(rmw="{rmw}"):
                s.n += 1
            m.n += 1
    """)
    blocks = program.templates[0].body.blocks
    kinds = [i.kind for b in blocks for i in b.instrs if isinstance(i, Load | Store)]
    assert kinds == [
        Kind.PLAIN,
        Kind.PLAIN,
        Kind.ONCE,
        Kind.ONCE,
        Kind.ACQUIRE,
        Kind.RELEASE,
        Kind.DEPENDENT,
        Kind.PLAIN,
        Kind.RMW,
        Kind.RMW,
        Kind.ONCE,
        Kind.ONCE,
    ]
    assert {b.rmw for b in blocks if b.atomic} == {rmw}
