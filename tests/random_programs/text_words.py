"""What random spec text may say about values: numbers, nodes, conditions, shared memory."""

from __future__ import annotations

from random import Random

FEATURES = "lock pool reuse stable spawn queue set array part local task ghost idle loop"
FEATURES += " crash irq order marked fault fn enum wide each group observer allow"
OFTEN = {"loop": 0.7, "pool": 0.6, "lock": 0.5, "marked": 0.6, "crash": 0.15, "irq": 0.15}
OFTEN |= {"wide": 0.2, "each": 0.1, "group": 0.2, "allow": 0.3, "fault": 0.6}
USUALLY = 0.35

MISTAKES = {
    "null-dereference": "",
    "use-after-free": "pool",
    "double-free": "pool",
    "uninitialised": "pool",
    "out-of-bounds": "array",
    "container": "part",
    "lock-order": "lock",
    "lock-misuse": "lock",
    "range": "",
    "arithmetic": "",
    "diverges": "",
}
"""What a thread may do wrong on purpose, and what the spec has to have for it; other faults are
frequent enough."""


class Words:
    """One spec under way; `has` says what it may use."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.has = {name: rng.random() < OFTEN.get(name, USUALLY) for name in FEATURES.split()}
        self.mistakes = rng.sample(sorted(MISTAKES), 6) if self.has["fault"] else []
        self.has |= {MISTAKES[name]: True for name in self.mistakes if MISTAKES[name]}
        self.has["ghost"] |= self.has["observer"]
        self.has["pool"] |= self.has["reuse"] or self.has["stable"]
        self.names = 0
        self.sure: list[str] = []  # locals that point to a node
        self.nodes: list[str] = []  # locals that may be None
        self.numbers: list[str] = []
        self.locks: list[str] = []
        self.lock_types: dict[str, str] = {}
        self.main = self.in_loop = False

    def fresh(self) -> str:
        self.names += 1
        return f"v{self.names}"

    def number(self) -> str:
        """A number below 3 if the locals are."""
        choices = ["0", "1", "2", *self.numbers]
        choices += [f"({n} + 1) % 3" for n in self.numbers]
        choices += [f"{n} >> 1" for n in self.numbers]
        choices += [f"(1 << {n} % 2) % 3" for n in self.numbers]
        choices += [f"{n} ^ 1" for n in self.numbers if not self.in_loop]
        return self.rng.choice(choices)

    def node(self) -> str:
        return self.rng.choice(["None", "nodes[0]", *self.sure, *self.sure, *self.nodes])

    def condition(self) -> str:
        """Something about locals."""
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
        if has["group"]:
            choices += ["len(top.group) == 0", "nodes[0] in top.group"]
        if has["array"]:
            choices.append("all(c < 2 for c in top.cells)")
        if has["enum"]:
            choices.append("top.mode == Mode.WARM")
        if has["wide"]:
            choices.append("top.wide < 3")
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
