"""Which lock and unlock statements of a routine belong together."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from modelcheck.mutate.syntax import Syntax
from modelcheck.mutate.words import LOCK, UNLOCK

Group = list[tuple[ast.stmt, ast.Call]]


def find_pairs(syntax: Syntax, statements: Sequence[ast.stmt]) -> Iterator[Group]:
    """The statements of each critical section, in the order of the text: a lock with all unlocks
    up to the next one, or an unlock with the lock that takes it back.
    """
    by_lock: dict[str, list[tuple[bool, ast.stmt, ast.Call]]] = {}
    for node in statements:
        if isinstance(node, ast.Expr | ast.Assign) and isinstance(node.value, ast.Call):
            call = syntax.unwrap(node.value)
            word = ast.unparse(call.func).strip("_")
            is_lock = bool(LOCK.fullmatch(word))
            if is_lock or UNLOCK.fullmatch(word):
                lock = "rcu" if not call.args else ast.unparse(call.args[0])
                by_lock.setdefault(lock, []).append((is_lock, node, call))
    for calls in by_lock.values():
        yield from _group(calls)


def _group(calls: Sequence[tuple[bool, ast.stmt, ast.Call]]) -> Iterator[Group]:
    begins_with_lock = False
    kinds: list[bool] = []
    group: Group = []
    for is_lock, node, call in calls:
        if group and is_lock and begins_with_lock:
            if not kinds[-1]:
                yield group
            kinds, group = [], []
        if not group:
            begins_with_lock = is_lock
        kinds.append(is_lock)
        group.append((node, call))
        if is_lock and not begins_with_lock:
            yield group
            kinds, group = [], []
    if group and begins_with_lock and not kinds[-1]:
        yield group
