"""Random spec text, so that the front end has its say too."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from random import Random

from modelcheck.frontend import load
from modelcheck.frontend.names import LANG_NAMES
from modelcheck.ir.nodes import Program

KERNEL = ("Mutex", "mutex_lock", "mutex_unlock", "mutex_trylock")
KERNEL += ("Spinlock", "spin_lock", "spin_unlock", "kfree", "atomic_t", "atomic_inc")
KERNEL += ("atomic_dec_and_test", "atomic_read", "cmpxchg", "xchg")


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


class _Text:
    """Writes one spec; `has` says what it may use."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        names = "lock pool reuse stable spawn queue set array part local task ghost idle loop"
        names += " crash irq order marked fault fn enum"
        often = {"loop": 0.7, "pool": 0.6, "lock": 0.5, "marked": 0.6, "crash": 0.15, "irq": 0.15}
        self.has = {name: rng.random() < often.get(name, 0.35) for name in names.split()}
        self.has["pool"] |= self.has["reuse"] or self.has["stable"]
        self.names = 0
        self.sure: list[str] = []  # locals that point to a node
        self.nodes: list[str] = []  # locals that may be None
        self.numbers: list[str] = []
        self.helpers: list[str] = []
        self.in_loop = False
        self.handler = False

    def text(self) -> str:
        return "\n".join([*self.declarations(), *self.routines(), *self.threads(), *self.claims()])

    def fresh(self) -> str:
        self.names += 1
        return f"v{self.names}"

    # ------------------------------------------------------------------ memory

    def declarations(self) -> list[str]:
        rng, has = self.rng, self.has
        out: list[str] = []
        marked = "(marked=True)" if has["marked"] else ""
        if has["enum"]:
            out += ["class Mode(Enum):", "    COLD = 0", "    WARM = 1", "    HOT = 2", "", ""]
        if has["part"]:
            out += [f"@struct{marked}", "class Part:", "    a: U8", "", ""]
        out += [f"@struct{marked}", "class Node:", "    v: U8", '    next: Ptr["Node"]']
        if has["part"]:
            out.append("    part: Part")
        if has["ghost"]:
            out.append("    g: U8 = ghost(0)")
        out += ["", "", f"@struct{marked}", "class Top:", "    flag: Bool"]
        out += ["    level: Int = between(0, 2)", "    n: U8", "    head: Ptr[Node]"]
        if rng.random() < 0.4:
            out.append("    kept: U8 = durable(1)")
        if has["part"]:
            out.append("    at: Ptr[Part]")
        if has["queue"]:
            out.append(f"    queue: Queue[U8] = queue({rng.choice((1, 2))})")
            out.append(f"    line: Queue[Ptr[Node]] = queue({rng.choice((1, 2))})")
        if has["set"]:
            out.append("    seen: Set[ThreadId]")
        if has["array"]:
            out.append("    cells: Array[U8] = array(2)")
        if has["enum"]:
            out.append("    mode: Mode")
        if has["fn"]:
            out.append("    call: Fn")
        out += ["", "", "top = shared(Top)", "word = shared(U8)"]
        for i in range(2 if has["lock"] else 0):
            out.append(f"lock{i} = shared({rng.choice(('Mutex', 'Spinlock'))})")
        self.locks = [line.split()[0] for line in out if line.startswith("lock")]
        self.lock_types = {
            n: ("mutex" if f"{n} = shared(Mutex)" in out else "spin") for n in self.locks
        }
        if has["pool"]:
            words = [f"count={rng.choice((1, 2, 2, 3))}"]
            words += ["reuse=True"] * has["reuse"] + ["stable=(Node.v,)"] * has["stable"]
            out.append(f"pool_ = pool(Node, {', '.join(words)})")
        out.append(f"nodes = shared(Node, count={rng.choice((1, 2))})")
        if has["task"]:
            out += ["", "", f"@struct{marked}", "class Task:", "    n: U8"]
            out += ["", "", "tasks = per_thread(Task)"]
        if has["ghost"]:
            out.append("seen_by: U8 = ghost(0)")
        if rng.random() < 0.6:
            out += ["", "", "@initial", "def fill():", "    global word"]
            out.append(
                f"    top.head = {rng.choice(('nodes[0]', 'nodes[0] if either() else None'))}"
            )
            if rng.random() < 0.5:
                out.append("    word = choose(range(2))")
        return out

    def routines(self) -> list[str]:
        out: list[str] = ["", ""]
        if self.has["fn"]:
            for i in range(2):
                out += [f"def call{i}():", f"    top.n = {i + 1}", "", ""]
        out += ["def touch(it: Ptr[Node]):", "    it.v = 1", "    return it.v", "", ""]
        out += ["def swap(place: Ref[U8], value: U8):", "    with atomic(because='xchg'):"]
        out += ["        old = place", "        place = value", "    return old", "", ""]
        return out

    # ------------------------------------------------------------------ threads

    def threads(self) -> list[str]:
        rng, has = self.rng, self.has
        out: list[str] = []
        if has["spawn"]:
            out += [f"@thread(spawned={rng.choice((1, 2))})"]
            out += self.thread("worker", "n: U8, given: Ptr[Node]", 2)
        shapes = ((1, 1), (2,), (1, 2), (1, 1, 1), (3,)) if not has["irq"] else ((1,), (1, 1))
        for i, count in enumerate(rng.choice(shapes)):
            out += [f"@thread(count={count})" if count > 1 else "@thread"]
            out += self.thread(f"main{i}", "", rng.choice((2, 3, 4)))
        if has["irq"]:
            context = rng.choice(("", ", context=Context.SOFTIRQ"))
            out += [f"@thread(interrupts=main0{context})"]
            self.handler = True
            out += self.thread("handler", "", 1)
        return out

    def thread(self, name: str, parameters: str, length: int) -> list[str]:
        rng = self.rng
        self.sure, self.nodes, self.numbers, self.helpers = [], [], [], []
        self.main = name.startswith("main")
        if parameters:
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
        for _ in range(length):
            out += [indent + line for line in self.statement(2)]
        if self.in_loop:
            end = rng.choice((f"if {self.condition()}:", "if READ_ONCE(word) == 1:"))
            out += [f"{indent}{end}", f"{indent}    break", f"{indent}top.flag = True"]
        return [*out, "", ""]

    # ------------------------------------------------------------------ expressions

    def number(self) -> str:
        rng = self.rng
        choices = ["0", "1", "2", *self.numbers]
        choices += [f"({n} + 1) % 3" for n in self.numbers]
        return rng.choice(choices)

    def node(self) -> str:
        return self.rng.choice(["None", "nodes[0]", *self.sure, *self.sure, *self.nodes])

    def condition(self) -> str:
        rng = self.rng
        choices = [f"{n} {rng.choice(('==', '!=', '<'))} {rng.choice('012')}" for n in self.numbers]
        choices += [f"{p} is not None" for p in self.nodes]
        return rng.choice(choices) if choices else "either()" if not self.in_loop else "True"

    def looks(self) -> str:
        """Something about shared memory."""
        rng, has = self.rng, self.has
        choices = ["top.flag", "not top.flag", "top.head is None", "top.head is not None"]
        choices += [f"word == {rng.choice('012')}", f"top.level < {rng.choice('12')}", "top.n == 1"]
        if has["queue"]:
            choices += ["len(top.queue) > 0", "nodes[0] in top.line"]
        if has["set"]:
            choices += ["len(top.seen) < 2", "any(t in top.seen for t in threads())"]
        if has["array"]:
            choices.append("all(c < 2 for c in top.cells)")
        if has["enum"]:
            choices.append("top.mode == Mode.WARM")
        found = rng.choice(choices)
        return (
            f"{found} {rng.choice(('and', 'or'))} {rng.choice(choices)}"
            if rng.random() < 0.3
            else found
        )

    def once(self, place: str) -> str:
        return f"READ_ONCE({place})" if self.rng.random() < 0.6 else place

    def assign(self, place: str, value: str) -> str:
        if self.rng.random() < 0.6:
            return f"WRITE_ONCE({place}, {value})"
        return f"{place} = {value}"

    # ------------------------------------------------------------------ statements

    def statement(self, depth: int) -> list[str]:
        has = self.has
        acts = [(self.load, 4), (self.store, 5), (self.count, 3), (self.atomic, 3)]
        acts += [(self.follow, 4 * (depth > 0)), (self.fork, 3 * (depth > 0))]
        acts += [(self.lock, 5 * has["lock"] * (depth > 1)), (self.pool, 5 * has["pool"])]
        acts += [(self.queue, 4 * has["queue"]), (self.use_set, 3 * has["set"])]
        acts += [(self.ghost, 3 * has["ghost"]), (self.call, 3 * has["fn"]), (self.claim, 2)]
        acts += [(self.spawn, 4 * has["spawn"] * self.main), (self.task, 2 * has["task"])]
        acts += [(self.wait, 1 + has["idle"]), (self.cells, 3 * has["array"]), (self.routine, 2)]
        acts += [
            (self.stack, 3 * has["local"] * has["part"] * (depth > 1)),
            (self.part, 2 * has["part"]),
        ]
        acts += [(self.irqs, 3 * has["irq"] * self.main * (depth > 1))]
        acts += [(self.crash, 2 * has["crash"] * self.main * (not self.in_loop))]
        acts += [
            (self.spin, 2 * has["loop"] * (depth > 1)),
            (self.order, 3 * has["order"] * has["lock"]),
        ]
        acts += [(self.choice, 2 * (not self.in_loop))]
        names, weights = zip(*acts, strict=True)
        return self.rng.choices(names, weights)[0](depth - 1)

    def nested(self, depth: int, count: int = 1) -> list[str]:
        """An indented block; what it names is forgotten after it."""
        kept = [list(x) for x in (self.sure, self.nodes, self.numbers, self.helpers)]
        out = ["    " + line for _ in range(count) for line in self.statement(depth)]
        self.sure, self.nodes, self.numbers, self.helpers = kept
        return out

    def load(self, depth: int) -> list[str]:
        name = self.fresh()
        self.numbers.append(name)
        return [f"{name} = {self.once(self.rng.choice(('top.n', 'word', 'top.level')))}"]

    def store(self, depth: int) -> list[str]:
        rng = self.rng
        choices = [("top.n", self.number()), ("word", self.number()), ("top.head", self.node())]
        choices += [("top.flag", rng.choice(("True", "False"))), ("top.level", rng.choice("012"))]
        choices += [(f"{p}.v", self.number()) for p in self.sure]
        if self.has["enum"]:
            choices.append(("top.mode", rng.choice(("Mode.WARM", "Mode.HOT"))))
        return [self.assign(*rng.choice(choices))]

    def count(self, depth: int) -> list[str]:
        place = self.rng.choice(("top.n", "word"))
        if self.has["fault"] and self.rng.random() < 0.3:
            return ["top.level += 1"]
        if self.has["fault"] and self.numbers and self.rng.random() < 0.5:
            return [f"top.n = 2 // {self.rng.choice(self.numbers)}"]
        if self.in_loop:
            name = self.fresh()
            return [f"{name} = {self.once(place)}", self.assign(place, f"({name} + 1) % 3")]
        return [f"{place} += 1"]

    def follow(self, depth: int) -> list[str]:
        name = self.fresh()
        out = [f"{name} = {self.once('top.head')}"]
        self.sure.append(name)
        number = self.fresh()
        inner = [f"    {number} = {self.once(f'{name}.v')}"] if self.rng.random() < 0.5 else []
        inner += self.nested(depth)
        if self.rng.random() < 0.3:
            inner.append(f"    {self.assign('top.head', f'{name}.next')}")
        self.sure.remove(name)
        if self.has["fault"] and self.rng.random() < 0.2:
            out += [line[4:] for line in inner]
        else:
            out += [f"if {name} is not None:", *inner]
        self.nodes.append(name)
        return out

    def fork(self, depth: int) -> list[str]:
        test = self.condition() if self.rng.random() < 0.6 else f"{self.once('word')} == 1"
        out = [f"if {test}:", *self.nested(depth)]
        if self.rng.random() < 0.4:
            out += ["else:", *self.nested(depth)]
        return out

    def lock(self, depth: int) -> list[str]:
        name = self.rng.choice(self.locks)
        kind = self.lock_types[name]
        out = [f"{kind}_lock({name})"]
        out += [line[4:] for line in self.nested(depth, self.rng.choice((1, 2)))]
        return [*out, *[f"{kind}_unlock({name})"] * (self.rng.random() < 0.93)]

    def pool(self, depth: int) -> list[str]:
        rng = self.rng
        if rng.random() < 0.5 and (self.sure or self.nodes):
            name = rng.choice(self.sure or self.nodes)
            free = ["kfree"] * (not self.has["fault"]) + ["free"] * self.has["fault"]
            out = ["top.head = None"] * (rng.random() < 0.6) + [f"{rng.choice(free)}({name})"]
            if self.has["stable"] and rng.random() < 0.4:
                out.append(f"discard({name})")
            return [f"if {name} is not None:", *["    " + line for line in out]]
        name = self.fresh()
        fields = [f for f in ("v=1", "next=None") if rng.random() < 0.9]
        if self.has["stable"]:
            fields = [f for f in fields if f != "v=1"]
        out = [f"{name} = new({', '.join(['Node', *fields])})"]
        if self.has["part"]:
            out.append(f"{name}.part.a = 0")
        self.sure.append(name)
        if rng.random() < 0.8:
            out.append(self.assign("top.head", name))
        return out

    def queue(self, depth: int) -> list[str]:
        rng = self.rng
        name = self.fresh()
        match rng.choice(("put", "put", "take", "look", "put line", "take line")):
            case "put":
                return (
                    [
                        "with atomic(because='room'):",
                        f"    wait_until(len(top.queue) < 1, idle={rng.random() < 0.5})",
                        f"    top.queue.append({self.number()})",
                    ]
                    if not self.has["fault"]
                    else [f"top.queue.append({self.number()})"]
                )
            case "take":
                self.numbers.append(name)
                return [
                    "with atomic(because='some'):",
                    f"    wait_until(len(top.queue) > 0, idle={rng.random() < 0.7})",
                    f"    {name} = top.queue.popleft()",
                ]
            case "look":
                return ["if len(top.queue) > 0:", *self.nested(0)]
            case "put line":
                return ["if nodes[0] not in top.line:", "    top.line.appendleft(nodes[0])"]
            case _:
                self.nodes.append(name)
                return [
                    "with atomic(because='some'):",
                    "    wait_until(len(top.line) > 0, idle=True)",
                    f"    {name} = top.line.popleft()",
                ]

    def use_set(self, depth: int) -> list[str]:
        verb = self.rng.choice(("add", "add", "discard"))
        if self.rng.random() < 0.4:
            return ["if current() in top.seen:", *self.nested(0)]
        return [f"top.seen.{verb}(current())"]

    def ghost(self, depth: int) -> list[str]:
        if self.sure and self.rng.random() < 0.4:
            name = self.rng.choice(self.sure)
            return [f"{name}.g = ({name}.g + 1) % 3"]
        return [self.rng.choice(("seen_by = (seen_by + 1) % 3", "seen_by = 0"))]

    def call(self, depth: int) -> list[str]:
        if self.rng.random() < 0.5:
            return [f"top.call = call{self.rng.choice('01')}"]
        return ["top.call = call0", "top.call()"]

    def claim(self, depth: int) -> list[str]:
        name = self.rng.choice(("promise", "oath"))
        if self.numbers and self.rng.random() < 0.5:
            return [f"assert {self.rng.choice(self.numbers)} < 2, '{name}'"]
        if self.has["ghost"] and self.rng.random() < 0.3:
            return [f"assert seen_by < 2, '{name}: ghost'"]
        return [f"assert {self.looks()} or {self.looks()}, '{name}'"]

    def spawn(self, depth: int) -> list[str]:
        name = self.fresh()
        given = self.rng.choice([*self.sure, "None"])
        out = [f"{name} = spawn(worker, {self.rng.choice('01')}, {given})"]
        if self.in_loop or self.rng.random() < 0.5:
            out.append(f"wait_until(finished({name}), idle={self.rng.random() < 0.3})")
        return out

    def task(self, depth: int) -> list[str]:
        if self.rng.random() < 0.7:
            return [f"tasks[current()].n = {self.rng.choice('012')}"]
        name = self.fresh()
        self.numbers.append(name)
        return [f"{name} = tasks[current()].n"]

    def wait(self, depth: int) -> list[str]:
        return [f"wait_until({self.looks()}, idle={self.has['idle'] and self.rng.random() < 0.7})"]

    def cells(self, depth: int) -> list[str]:
        index = self.rng.choice("01")
        if self.numbers and self.has["fault"] and self.rng.random() < 0.5:
            index = self.rng.choice(self.numbers)
        if self.rng.random() < 0.3:
            name = self.fresh()
            loop = self.rng.choice(("top.cells", "any_order(top.cells)"))
            if self.in_loop:
                loop = "top.cells"
            return [f"for {name} in {loop}:", f"    if {name} == 1:", "        break"]
        return [f"top.cells[{index}] = {self.rng.choice('012')}"]

    def routine(self, depth: int) -> list[str]:
        name = self.fresh()
        if self.sure and self.rng.random() < 0.5:
            self.numbers.append(name)
            return [f"{name} = touch({self.rng.choice(self.sure)})"]
        given = self.number()
        self.numbers.append(name)
        return [f"{name} = swap({self.rng.choice(('top.n', 'word'))}, {given})"]

    def part(self, depth: int) -> list[str]:
        rng = self.rng
        if rng.random() < 0.5:
            of = rng.choice([*self.sure, "nodes[0]"])
            return [self.assign("top.at", rng.choice((f"{of}.part", "None")))]
        name, around = self.fresh(), self.fresh()
        out = [f"{name} = {self.once('top.at')}", f"if {name} is not None:"]
        if self.has["fault"] and rng.random() < 0.4:
            out += [f"    {around} = container_of({name}, Node, 'part')", f"    {around}.v = 2"]
        else:
            out.append(f"    {self.assign(f'{name}.a', '1')}")
        return out

    def stack(self, depth: int) -> list[str]:
        name = self.fresh()
        out = [f"{name} = local(Part)", f"{name}.a = {self.rng.choice('01')}", f"top.at = {name}"]
        out += [line[4:] for line in self.nested(depth)]
        return [*out, *["top.at = None"] * (self.rng.random() < 0.6)]

    def irqs(self, depth: int) -> list[str]:
        which = self.rng.choice(("irqs", "softirqs"))
        inside = [line[4:] for line in self.nested(depth)]
        return [f"{which}(False)", *inside, *[f"{which}(True)"] * (self.rng.random() < 0.85)]

    def crash(self, depth: int) -> list[str]:
        return ["crash()"]

    def spin(self, depth: int) -> list[str]:
        was, self.in_loop = self.in_loop, True
        place = self.rng.choice(("top.flag", "word == 1", "top.n != 2"))
        out = [f"while not ({place}):", "    word = 1" if self.rng.random() < 0.3 else "    pass"]
        out += self.nested(0) if self.rng.random() < 0.4 else []
        self.in_loop = was
        return [*out, "word = 0"] if self.rng.random() < 0.5 else out

    def order(self, depth: int) -> list[str]:
        first, second = self.rng.sample(self.locks, 2)
        return [f"precedes('{self.rng.choice(('lock-order', 'my_order'))}', {first}, {second})"]

    def choice(self, depth: int) -> list[str]:
        name = self.fresh()
        self.numbers.append(name)
        if self.rng.random() < 0.5:
            return [f"{name} = choose(range({self.rng.choice('23')}))"]
        return [f"{name} = choose(x for x in range(2) if x == 0 or {self.looks()})"]

    def atomic(self, depth: int) -> list[str]:
        rng = self.rng
        out = ["with atomic(because='one step'):"]
        if rng.random() < 0.4:
            out += ["    if either():", f"        wait_until({self.looks()})", "    else:"]
            out += [f"        wait_until({self.looks()}, idle=True)"]
        out += [f"    {line}" for line in (*self.store(0), *self.store(0))]
        if rng.random() < 0.3:
            out.append(f"    wait_until({self.looks()})")
        return out

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
        if self.has["task"]:
            choices.append("all(tasks[t].n < 2 for t in threads() if not finished(t))")
        choices.append("any(finished(t) for t in threads())")
        return self.rng.choice(choices)
