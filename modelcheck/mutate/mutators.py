"""The mutators: mistakes as kernel developers make them, each a change of one place of a spec.

Each takes a routine and gives what can be done to it.  A mutator is listed in `MUTATORS` by the
name that users write; what two of them would do alike is the first one's.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from modelcheck.mutate.edits import (
    Edit,
    append_lines,
    cut,
    cut_node,
    drop_node,
    find_end,
    replace_node,
)
from modelcheck.mutate.locks import find_pairs
from modelcheck.mutate.split import split_call
from modelcheck.mutate.statements import (
    describe,
    find_call,
    gives_truth,
    has_step,
    list_assigned,
    list_calls,
    list_names,
)
from modelcheck.mutate.syntax import Syntax
from modelcheck.mutate.words import (
    DEFERRED,
    FREE,
    ORDERED_LOADS,
    ORDERED_STORES,
    name_drop,
)

# What is done: a statement goes; a look that leaves goes, or is decided; a lock goes with its
# unlock; anything that removes no step.
Way = Literal["statement", "guard", "look", "pair", "other"]

MUTATORS: Mapping[str, str] = {
    "drop-lock": "a lock and its unlocks, in one routine",
    "drop-unlock": "an unlock",
    "drop-check": "a look at shared memory that leaves, decides what is done, or is repeated",
    "drop-get": "the taking of a reference",
    "drop-put": "the giving back of a reference",
    "drop-wake": "a wake-up",
    "drop-wait": "a wait, or what queues for one",
    "drop-grace": "a grace period",
    "drop-free": "a free",
    "drop-step": "any other store or call",
    "free-early": "a free that does not wait for what stands before it, or for its grace period",
    "swap": "two neighbours, the other way round",
    "split-atomic": "an atomic operation, as its single loads and stores",
    "plain": "a marked or ordered access, as a plain one",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What one mutator can do at one place.

    `statement` is what the spec says there, `instead` what is done to it, in words; `heads` are the
    statements that are meant: a comment on the first lines of one is about it.
    """

    mutator: str
    way: Way
    statement: str
    instead: str
    edits: tuple[Edit, ...]
    heads: tuple[ast.stmt, ...]


def find_in_routine(syntax: Syntax, routine: ast.FunctionDef) -> Iterator[Found]:
    """All that the mutators can do to a routine: removals first, each kind in the text's order."""
    statements = list(syntax.walk(routine.body))
    for node in statements:
        yield from _drop(syntax, routine, node)
    for pair in find_pairs(syntax, statements):
        text = " … ".join(dict.fromkeys(ast.unparse(call) for _, call in pair))
        nodes = tuple(node for node, _ in pair)
        edits = tuple(map(drop_node, nodes))
        others = ", ".join(dict.fromkeys(f"`{ast.unparse(call)}`" for _, call in pair[1:]))
        yield Found("drop-lock", "pair", text, f"gone, with {others}", edits, nodes[:1])
    blocks = list(syntax.walk_blocks(routine.body))
    for find in _IN_BLOCKS:
        for block in blocks:
            yield from find(syntax, routine, block)
    for find_one in _IN_STATEMENTS:
        for node in statements:
            yield from find_one(syntax, node)


# ---------------------------------------------------------------------------------------------
# Removals


def _drop(syntax: Syntax, routine: ast.FunctionDef, node: ast.stmt) -> Iterator[Found]:
    """A statement that makes a step, taken out; one whose value is used has to stay."""
    if not syntax.touches(node, routine):
        return
    match node:
        case ast.If(test=test):
            yield from _drop_look(node, ast.unparse(test))
        case ast.With():
            yield _drop_whole("drop-step", describe(node), node)
        case ast.Expr(value=ast.Call(func=func)):
            yield _drop_whole(name_drop(ast.unparse(func)), ast.unparse(node), node)
        case ast.Assign() | ast.AugAssign() | ast.AnnAssign() if syntax.stores(node, routine):
            yield _drop_whole("drop-step", ast.unparse(node), node)


def _drop_whole(mutator: str, statement: str, node: ast.stmt) -> Found:
    return Found(mutator, "statement", statement, "gone", (drop_node(node),), (node,))


def _drop_look(node: ast.If, test: str) -> Iterator[Found]:
    if node.orelse:
        for constant in ("True", "False"):
            statement = f"if {test}: … else: … -> {constant}"
            edits = (replace_node(node.test, constant),)
            instead = f"always {'the first' if constant == 'True' else 'the other'} way"
            yield Found("drop-check", "look", statement, instead, edits, (node,))
    elif isinstance(node.body[-1], ast.Return | ast.Break | ast.Continue):
        dots = "… " if len(node.body) > 1 else ""
        statement = f"if {test}: {dots}{ast.unparse(node.body[-1])}"
        yield Found("drop-check", "guard", statement, "gone", (drop_node(node),), (node,))
    else:
        edits = (replace_node(node.test, "True"),)
        statement = f"if {test}: … -> True"
        yield Found("drop-check", "look", statement, "done in any case", edits, (node,))


# ---------------------------------------------------------------------------------------------
# The order of statements


def _free_early(
    syntax: Syntax, routine: ast.FunctionDef, block: Sequence[ast.stmt]
) -> Iterator[Found]:
    """A free, before all statements of its block that do not give it its pointer."""
    for index, node in enumerate(block):
        call = find_call(node)
        if call is None or ast.unparse(call.func) not in FREE:
            continue
        used = list_names(call)
        first = index
        while first and not list_assigned(block[first - 1]) & used:
            first -= 1
        passed = block[first:index]
        if any(has_step(syntax, routine, one) for one in passed):
            before = describe(block[first])
            yield Found(
                "free-early",
                "other",
                ast.unparse(node),
                f"before `{before}`",
                (_move(syntax.text, block[first], block[index - 1], node),),
                (node,),
            )


def _swap(syntax: Syntax, routine: ast.FunctionDef, block: Sequence[ast.stmt]) -> Iterator[Found]:
    """Two neighbours that each make a step, where neither uses what the other computes."""
    for first, second in pairwise(block):
        if any(isinstance(n, ast.Return | ast.Break | ast.Continue) for n in (first, second)):
            continue
        if not all(has_step(syntax, routine, node) for node in (first, second)):
            continue
        made = list_assigned(first), list_assigned(second)
        if made[0] & (list_names(second) | made[1]) or made[1] & list_names(first):
            continue
        edit = _move(syntax.text, first, first, second)
        instead = f"after `{describe(second)}`"
        yield Found("swap", "other", describe(first), instead, (edit,), (first,))


_IN_BLOCKS: tuple[Callable[[Syntax, ast.FunctionDef, Sequence[ast.stmt]], Iterator[Found]], ...] = (
    _free_early,
    _swap,
)


def _move(text: str, first: ast.stmt, last: ast.stmt, moved: ast.stmt) -> Edit:
    """A statement, before those from `first` to `last`, which it follows."""
    passed = cut(text, first.lineno, first.col_offset, *find_end(last))
    new = f"{cut_node(text, moved)}\n{' ' * first.col_offset}{passed}"
    return Edit(first.lineno, first.col_offset, *find_end(moved), new)


# ---------------------------------------------------------------------------------------------
# How a place is accessed


def _free_at_once(syntax: Syntax, node: ast.stmt) -> Iterator[Found]:
    """`kfree_rcu(p, head)` → `kfree(p)`; `call_rcu(head, f)` → `f(head)`."""
    call = find_call(node)
    if call is None or ast.unparse(call.func) not in DEFERRED or len(call.args) != 2:
        return
    first, second = map(ast.unparse, call.args)
    if ast.unparse(call.func) == "call_rcu":
        edits: tuple[Edit, ...] = (replace_node(node, f"{second}({first})"),)
    else:
        imported = "from modelcheck.kernel.slab import kfree as kfree_early"
        edits = (replace_node(node, f"kfree_early({first})"), append_lines(syntax.text, imported))
    instead = "without its grace period"
    yield Found("free-early", "other", ast.unparse(node), instead, edits, (node,))


def _take_without_asking(syntax: Syntax, node: ast.stmt) -> Iterator[Found]:
    """A reference that is asked for, and said to be there without being taken."""
    for call in list_calls(node):
        name = ast.unparse(call.func)
        is_get = isinstance(call.func, ast.Name) and name_drop(name) == "drop-get"
        is_value = not (isinstance(node, ast.Expr) and node.value is call)
        if is_get and is_value and gives_truth(syntax, name):
            edits = (replace_node(call, "True"),)
            yield Found("drop-get", "other", ast.unparse(call), "not taken", edits, (node,))


def _look_once(syntax: Syntax, node: ast.stmt) -> Iterator[Found]:
    """A wait that does not look again: `while` becomes `if`."""
    if isinstance(node, ast.While) and syntax.makes_step(node.test):
        line, col = node.lineno, node.col_offset
        edits = (Edit(line, col, line, col + len("while"), "if"),)
        yield Found("drop-check", "other", describe(node), "looked at once", edits, (node,))


def _split_atomic(syntax: Syntax, node: ast.stmt) -> Iterator[Found]:
    if isinstance(node, ast.With):
        edit = Edit(node.lineno, node.col_offset, *find_end(node.items[-1].context_expr), "if True")
        yield Found("split-atomic", "other", describe(node), "in several steps", (edit,), (node,))
        return
    for call in list_calls(node):
        made = split_call(syntax, call)
        if made is not None:
            name, routine = made
            edits = (replace_node(call.func, name), append_lines(syntax.text, routine))
            instead = "in several steps"
            yield Found("split-atomic", "other", ast.unparse(call), instead, edits, (node,))


def _plain(syntax: Syntax, node: ast.stmt) -> Iterator[Found]:
    for call in list_calls(node):
        name = ast.unparse(call.func)
        is_whole = isinstance(node, ast.Expr) and node.value is call
        if name in ORDERED_LOADS and call.args:
            place = cut_node(syntax.text, call.args[0])
            new = f"plain_value = {place}" if is_whole else place
        elif name in ORDERED_STORES and is_whole and len(call.args) == 2:
            place, value = (cut_node(syntax.text, argument) for argument in call.args)
            new = f"{place} = {value}"
        else:
            continue
        edits = (replace_node(call, new),)
        yield Found("plain", "other", ast.unparse(call), "a plain access", edits, (node,))


_IN_STATEMENTS: tuple[Callable[[Syntax, ast.stmt], Iterator[Found]], ...] = (
    _take_without_asking,
    _look_once,
    _free_at_once,
    _split_atomic,
    _plain,
)
