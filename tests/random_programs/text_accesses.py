"""Statements of random spec text: loads and stores, locks, pools, queues, pointers."""

from __future__ import annotations

from random_programs.text_mistakes import Mistakes


class Accesses(Mistakes):
    """Makes statements, each as the lines of its text."""

    def statement(self, depth: int) -> list[str]:
        raise NotImplementedError

    def nested(self, depth: int, count: int = 1) -> list[str]:
        """An indented block; what it names is forgotten after it."""
        kept = [list(x) for x in (self.sure, self.nodes, self.numbers)]
        out = ["    " + line for _ in range(count) for line in self.statement(depth)]
        self.sure, self.nodes, self.numbers = kept
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

    def wait(self, depth: int) -> list[str]:
        return [f"wait_until({self.looks()}, idle={self.has['idle'] and self.rng.random() < 0.7})"]

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
