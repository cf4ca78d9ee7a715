"""Random spec text, so that the front end has its say too."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from random import Random

from modelcheck.frontend import load
from modelcheck.frontend.names import LANG_NAMES
from modelcheck.ir.nodes import Program
from random_programs.text_code import Code
from random_programs.text_memory import list_allows, list_declarations, list_routines

KERNEL = ("Mutex", "mutex_lock", "mutex_unlock", "mutex_trylock")
KERNEL += ("Spinlock", "spin_lock", "spin_unlock", "kfree", "atomic_t", "atomic_inc")
KERNEL += ("atomic_dec_and_test", "atomic_read", "cmpxchg", "xchg", "spin_trylock")


def load_program(seed: int) -> Program:
    """The program of the random spec with that seed, as the front end makes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "random.py"
        path.write_text(make_text(seed), encoding="utf-8")
        return load(path, "random.py").program({})


def make_text(seed: int) -> str:
    """The text of the random spec with that seed."""
    body = _Text(Random(seed)).text()
    words = set(re.findall(r"\w+", body))
    lang = sorted(words & LANG_NAMES | {"spec"})
    kernel = sorted(words & set(KERNEL))
    head = [f'"""Random spec {seed}."""', "", f"from modelcheck.lang import {', '.join(lang)}"]
    if kernel:
        head.append(f"from modelcheck.kernel import {', '.join(kernel)}")
    return "\n".join([*head, "", f'spec("random-{seed}")', "", body]) + "\n"


class _Text(Code):
    """Writes one spec."""

    def text(self) -> str:
        memory = list_declarations(self)
        allows = list_allows(self)
        return "\n".join([*allows, *memory, *list_routines(self), *self.threads(), *self.claims()])

    # ------------------------------------------------------------------ threads

    def threads(self) -> list[str]:
        rng, has = self.rng, self.has
        out: list[str] = []
        if has["spawn"]:
            out += [f"@thread(spawned={rng.choice((1, 2))})"]
            out += self.thread("worker", "n: U8, given: Ptr[Node]", 2)
        shapes = [(1, 1), (1, 1), (2,), (1, 2), (1, 1, 1), (3,), (2, 2), (1, 1, 1, 1), (5,)]
        if has["irq"] or has["each"]:
            shapes = [(1,), (1, 1)]
        shape = rng.choice(shapes)
        for i, count in enumerate(shape):
            out += [f"@thread(count={count})" if count > 1 else "@thread"]
            length = 1 if sum(shape) > 3 else rng.choice((2, 2, 3) if sum(shape) > 2 else (2, 3, 4))
            out += self.thread(f"main{i}", "", length)
        if has["each"]:
            out += ["@thread(each=Device)", *self.thread("serve", "dev: Ptr[Device]", 1)]
        if has["irq"]:
            context = rng.choice(("", ", context=Context.SOFTIRQ"))
            out += [f"@thread(interrupts=main0{context})", *self.thread("handler", "", 1)]
            if rng.random() < 0.4:
                out += ["@thread(interrupts=handler)", *self.thread("nested_irq", "", 1)]
        return out

    def thread(self, name: str, parameters: str, length: int) -> list[str]:
        rng = self.rng
        self.sure, self.nodes, self.numbers = [], [], []
        self.main = name.startswith("main")
        if name == "worker":
            self.numbers.append("n")
            self.nodes.append("given")
        out = [f"def {name}({parameters}):", "    global word" + ", seen_by" * self.has["ghost"]]
        self.in_loop = self.main and self.has["loop"] and rng.random() < 0.7
        indent = "    "
        if self.in_loop:
            out.append("    while True:")
            indent = "        "
            if rng.random() < 0.7:
                out.append(f"{indent}wait_until({self.looks()}, idle={rng.random() < 0.8})")
        if name == "serve":
            out.append(f"{indent}{rng.choice(('dev.n += 1', 'dev.busy = True', 'top.n = dev.n'))}")
        for _ in range(length):
            out += [indent + line for line in self.statement(2)]
        if self.in_loop:
            end = rng.choice((f"if {self.condition()}:", "if READ_ONCE(word) == 1:"))
            out += [f"{indent}{end}", f"{indent}    break", f"{indent}top.flag = True"]
        return [*out, "", ""]

    # ------------------------------------------------------------------ properties

    def claims(self) -> list[str]:
        out: list[str] = []
        for i, (kind, share) in enumerate(
            (("invariant", 0.5), ("invariant", 0.3), ("final", 0.85), ("reachable", 0.4))
        ):
            if self.rng.random() < share:
                out += [f"@{kind}", f"def {kind}{i}():", f"    return {self.property()}", "", ""]
        return out

    def property(self) -> str:
        choices = [
            self.looks(),
            "all(x.v < 2 for x in nodes)",
            "top.head is None or top.head.v < 2",
        ]
        if self.has["pool"] and self.rng.random() < 0.3:
            choices.append("all(alive(x) for x in objects(Node))")
        if self.has["ghost"]:
            choices += ["seen_by < 2", "all(x.g < 2 for x in objects(Node))"]
        if self.has["each"]:
            choices.append("all(d.n < 3 or d.busy for d in devices)")
        if self.has["group"]:
            choices.append("all(x.v < 3 for x in top.group)")
        if self.has["task"]:
            choices.append("all(tasks[t].n < 2 for t in threads() if not finished(t))")
        choices.append("any(finished(t) for t in threads())")
        return self.rng.choice(choices)
