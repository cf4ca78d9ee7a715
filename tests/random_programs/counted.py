"""Random specs with threads of which there may be any number, each with many invariants."""

from __future__ import annotations

from random import Random
from textwrap import indent

HEAD = '''"""Drawn from seed {seed}."""

from modelcheck.lang import (
    Bool, Int, ThreadId, U8, atomic, between, current, either, ghost, initial, invariant, param,
    shared, spec, struct, thread, wait_until,
)

spec("drawn-{seed}")

workers = param(2, min=1, max=5)


@struct(marked=True)
class Shared:
    a: Bool
    b: Bool
    c: Int = between(0, 3)
    n: U8
    owner: ThreadId
    inside: U8 = ghost(0)
    others: U8 = ghost(0)


s = shared(Shared)


'''

CONDITIONS = (
    *("s.a", "not s.a", "s.b", "not s.b", "s.c == 0", "s.c < 2", "s.c != 1", "s.n == 0", "s.n < 2"),
    *("s.owner is None", "s.owner == current()"),
)
STORES = (
    *("s.a = True", "s.a = False", "s.b = True", "s.b = False", "s.c = 0", "s.c = 1", "s.c = 3"),
    *("s.owner = current()", "s.owner = None", "s.n = 0", "s.a = not s.b"),
)
CLAIMS = (
    *("s.inside <= 1", "s.inside == 0 or s.a", "not (s.a and s.b)", "s.c <= 1", "s.c != 2"),
    *("s.n <= 1", "s.n == s.inside", "s.n >= s.inside", "s.inside == 0 or s.owner is not None"),
    *("s.inside <= 2", "s.others <= s.inside", "s.inside + s.others <= 1", "s.a or s.c == 0"),
    *("s.b or s.n == 0", "s.owner is None or s.a", "s.inside < 3"),
)


def draw_spec(seed: int) -> str:
    """The text of a spec; the same for the same seed."""
    rng = Random(seed)
    parts = [HEAD.format(seed=seed)]
    if rng.random() < 0.4:
        starts = ("s.a = True", "s.b = True", "s.c = 1", "if either():\n    s.b = True")
        chosen = rng.sample(starts, rng.randint(1, 2))
        if rng.random() < 0.5:
            chosen.append('assert not s.b, "begins"')
        parts.append(f"@initial\ndef begin():\n{_block(chosen)}\n\n\n")
    body = _draw_body(rng, "inside")
    if rng.random() < 0.6:
        body = [f"while either():\n{_block(body)}"]
    parts.append(f"@thread(count=workers)\ndef worker():\n{_block(body)}\n\n\n")
    if rng.random() < 0.5:
        body = _draw_body(rng, "others")
        parts.append(f"@thread\ndef other():\n{_block(body)}\n\n\n")
    for number, claim in enumerate(CLAIMS):
        parts.append(f"@invariant\ndef claim{number}():\n    return {claim}\n\n\n")
    return "".join(parts)


def _draw_body(rng: Random, ghost: str) -> list[str]:
    """Something that enters, does something and leaves again, most often behind a lock."""
    enter, leave = rng.choice(
        (
            (_atomic("wait_until(not s.a)", "s.a = True"), "s.a = False"),
            (_atomic("wait_until(not s.a)", "s.a = True", "s.owner = current()"), "s.a = False"),
            (_atomic("wait_until(s.c < 2)", "s.c += 1"), _atomic("s.c -= 1")),
            (_atomic("wait_until(s.owner is None)", "s.owner = current()"), "s.owner = None"),
            ("wait_until(not s.b)", "s.b = False"),
            (_atomic("s.n += 1"), _atomic("s.n -= 1")),
        )
    )
    middle = [_draw_statement(rng) for _ in range(rng.randint(0, 2))]
    body = [enter, f"s.{ghost} += 1", *middle, f"s.{ghost} -= 1", leave]
    if rng.random() < 0.3:
        body.insert(rng.randrange(len(body) + 1), _draw_statement(rng))
    if rng.random() < 0.2:
        body.remove(leave)
    return body


def _draw_statement(rng: Random) -> str:
    kind = rng.randrange(4)
    if kind == 0:
        return rng.choice(STORES)
    if kind == 1:
        return f"if {rng.choice(CONDITIONS)}:\n{_block([rng.choice(STORES)])}"
    if kind == 2:
        return _atomic(f"wait_until({rng.choice(CONDITIONS)})", rng.choice(STORES))
    return rng.choice((_atomic("s.n += 1"), _atomic("if s.n > 0:\n    s.n -= 1")))


def _atomic(*statements: str) -> str:
    return f'with atomic(because="drawn"):\n{_block(statements)}'


def _block(statements) -> str:
    return indent("\n".join(statements), "    ")
