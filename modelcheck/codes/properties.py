"""MC3xx: parameters, properties and variants."""

from __future__ import annotations

from modelcheck.codes.row import Code, in_thread

_WORK = in_thread("READ_ONCE(n)") + "\n\n"
_GHOST = "n = shared(U8)\nseen: U8 = ghost(0)\n"
_PROPERTY = "@final\ndef done():\n    return n == 0\n\n\n"
_POINT = "@struct\nclass Point:\n    x: U8\n\n\n"

ROWS: tuple[Code, ...] = (
    Code(
        "MC301",
        "a parameter has a default, a least and a greatest value",
        "",
        "size = param(2)\nn = shared(U8, count=size)\n",
        "size = param(2, min=1, max=4)\nn = shared(U8, count=size)\n",
    ),
    Code(
        "MC302",
        "only properties, asserts and ghosts read ghosts",
        "What the kernel does cannot depend on what it does not have.",
        in_thread("if seen == 0:\n    READ_ONCE(n)", _GHOST),
        in_thread('assert seen == 0, "unseen"\nREAD_ONCE(n)', _GHOST),
    ),
    Code(
        "MC303",
        "conditions and properties change nothing",
        "They look at a state.",
        _WORK + "@invariant\ndef fine():\n    WRITE_ONCE(n, 1)\n    return True\n",
        _WORK + "@invariant\ndef fine():\n    return n == 0\n",
    ),
    Code(
        "MC304",
        "names of a later version are reserved",
        "",
        _WORK + "@eventually\ndef fine():\n    return n == 0\n",
        _WORK + "@final\ndef fine():\n    return n == 0\n",
    ),
    Code(
        "MC305",
        "a property knows no current thread, and neither does `@initial`",
        "A property looks at a state, `@initial` makes the one that threads start from. No thread "
        "runs them: there is no CPU to turn interrupts off, no stack, nothing that could crash.",
        _WORK + "@invariant\ndef fine():\n    return current() is not None\n",
        _WORK + "@invariant\ndef fine():\n    return n == 0\n",
    ),
    Code(
        "MC306",
        "only properties ask whether something is `alive`",
        "Kernel code cannot know whether memory was freed.",
        _POINT
        + in_thread("p = new(Point)\nif alive(p):\n    free(p)", "q = pool(Point, count=1)\n"),
        _POINT
        + in_thread(
            'p = new(Point)\nassert alive(p), "lives"\nfree(p)', "q = pool(Point, count=1)\n"
        ),
    ),
    Code(
        "MC307",
        "an assert names its property",
        "",
        in_thread("assert READ_ONCE(n) == 0"),
        in_thread('assert READ_ONCE(n) == 0, "starts_at_zero: before any store"'),
    ),
    Code(
        "MC308",
        "names of built-in checks are taken",
        "An order, `precedes(…)`, may belong to `lock-order`.",
        in_thread('assert READ_ONCE(n) == 0, "deadlock"'),
        in_thread('assert READ_ONCE(n) == 0, "starts_at_zero"'),
    ),
    Code(
        "MC309",
        "the name of a property is an identifier",
        "A detail may follow a colon.",
        in_thread('assert READ_ONCE(n) == 0, "starts at zero"'),
        in_thread('assert READ_ONCE(n) == 0, "starts_at_zero: at the start"'),
    ),
    Code(
        "MC310",
        "a property returns a condition on every way",
        "",
        _WORK + "@invariant\ndef fine():\n    if n == 0:\n        return True\n",
        _WORK + "@invariant\ndef fine():\n    return n == 0\n",
    ),
    Code(
        "MC311",
        "an assert and a property do not share a name",
        "Nor do an order, `precedes(…)`, and a property.",
        in_thread('assert READ_ONCE(n) == 0, "done"') + "\n\n" + _PROPERTY,
        in_thread('assert READ_ONCE(n) == 0, "begun"') + "\n\n" + _PROPERTY,
    ),
    Code(
        "MC312",
        "a property takes no arguments",
        "",
        _WORK + "@final\ndef done(me):\n    return n == 0\n",
        _WORK + _PROPERTY,
    ),
    Code(
        "MC313",
        "`allow` names a built-in check",
        "null-dereference, use-after-free, double-free, uninitialised, out-of-bounds, range, "
        "capacity, arithmetic, diverges, deadlock, stuck, leak, data-race, lock-order, "
        "lock-misuse, sleep-in-atomic, refcount, rcu-misuse, work-misuse, text-use-after-unload.",
        _WORK + _PROPERTY + 'allow("done", because="it may")\n',
        _WORK + _PROPERTY + 'allow("data-race", on=n, because="POSIX says so")\n',
    ),
    Code(
        "MC314",
        "`on=` names a field, an object or a struct",
        "",
        _WORK + 'allow("data-race", on=3, because="POSIX says so")\n',
        _WORK + 'allow("data-race", on=n, because="POSIX says so")\n',
    ),
    Code(
        "MC315",
        "`allow` says why",
        "Every report lists what was silenced and why.",
        _WORK + 'allow("data-race", on=n)\n',
        _WORK + 'allow("data-race", on=n, because="POSIX says so")\n',
    ),
    Code(
        "MC316",
        "a file is one spec",
        "",
        'spec("one")\nspec("two")\n\n' + _WORK,
        'spec("one")\n\n' + _WORK,
    ),
    Code(
        "MC317",
        "variants have different names",
        "",
        "fast = flag(True)\n\n"
        + _WORK
        + 'variant("slow", fast=False)\nvariant("slow", fast=True)\n',
        "fast = flag(True)\n\n"
        + _WORK
        + 'variant("slow", fast=False)\nvariant("quick", fast=True)\n',
    ),
    Code(
        "MC318",
        "a spec has a name",
        "",
        "a file without `spec(…)`",
        'a file with `spec("its-name")`',
        described=True,
    ),
    Code(
        "MC319",
        "a parameter lies between `min` and `max`",
        "",
        "size = param(5, min=1, max=4)\nn = shared(U8, count=size)\n",
        "size = param(4, min=1, max=4)\nn = shared(U8, count=size)\n",
    ),
    Code(
        "MC320",
        "`needs=` is weak-memory or liveness",
        "",
        _WORK + 'variant("slow", needs="patience")\n',
        _WORK + 'variant("slow", needs="liveness")\n',
    ),
    Code(
        "MC321",
        "`violates=` and `also=` name properties of the spec or built-in ones",
        "",
        _WORK + _PROPERTY + 'default(violates="dome")\n',
        _WORK + _PROPERTY + 'default(violates="done")\n',
    ),
    Code(
        "MC322",
        "a variant sets parameters and flags of the spec",
        "",
        "fast = flag(True)\n\n" + _WORK + 'variant("slow", fats=False)\n',
        "fast = flag(True)\n\n" + _WORK + 'variant("slow", fast=False)\n',
    ),
    Code(
        "MC323",
        "the default configuration has the declared values",
        "",
        "fast = flag(True)\n\n" + _WORK + "default(fast=False)\n",
        "fast = flag(False)\n\n" + _WORK,
    ),
    Code(
        "MC324",
        "a setting has the type of its flag or parameter",
        "",
        "fast = flag(True)\n\n" + _WORK + 'variant("slow", fast=3)\n',
        "fast = flag(True)\n\n" + _WORK + 'variant("slow", fast=False)\n',
    ),
    Code(
        "MC325",
        "a ghost's value makes no accesses",
        "It looks at memory as the step above it left it. What the thread itself loads is a step: "
        "it goes to a local first.",
        in_thread("global seen\nseen = READ_ONCE(n)", _GHOST),
        in_thread("global seen\nfound = READ_ONCE(n)\nseen = found", _GHOST),
    ),
)
