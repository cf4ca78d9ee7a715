"""Statements of random spec text: which comes next, routines, threads, loops, asserts."""

from __future__ import annotations

from random_programs.text_accesses import Accesses


class Code(Accesses):
    """Makes all statements of a thread."""

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
        acts += [(self.mistake, 14 * bool(self.mistakes)), (self.match, 2), (self.two_results, 2)]
        acts += [(self.use_group, 3 * has["group"]), (self.choose_in_loop, 2 * has["loop"])]
        acts += [(self.wide, 3 * has["wide"]), (self.container, 2 * has["part"])]
        acts += [(self.observe, 3 * has["observer"] * bool(self.sure))]
        acts += [(self.crash, 2 * has["crash"] * self.main * (not self.in_loop))]
        acts += [
            (self.spin, 2 * has["loop"] * (depth > 1)),
            (self.order, 3 * has["order"] * has["lock"]),
        ]
        acts += [(self.choice, 2 * (not self.in_loop))]
        names, weights = zip(*acts, strict=True)
        return self.rng.choices(names, weights)[0](depth - 1)

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

    def cells(self, depth: int) -> list[str]:
        index = self.rng.choice("01")
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

    def some_part(self) -> str:
        """A Part that is embedded in something."""
        places = [f"{self.rng.choice([*self.sure, 'nodes[0]'])}.part", "top.own"]
        return self.rng.choice([*places, "top.cases[0].part", "top.cases[1].part"])

    def part(self, depth: int) -> list[str]:
        if self.rng.random() < 0.5:
            return [self.assign("top.at", self.rng.choice((self.some_part(), "None")))]
        name = self.fresh()
        lines = [f"{name} = {self.once('top.at')}", f"if {name} is not None:"]
        return [*lines, f"    {self.assign(f'{name}.a', '1')}"]

    def container(self, depth: int) -> list[str]:
        """From a Part to what is around it, which is known."""
        name, around = self.fresh(), self.fresh()
        place = self.some_part()
        outer, field, part = "Node", "v", "part"
        if place.startswith("top.cases"):
            outer, field = "Case", "n"
        elif place == "top.own":
            outer, field, part = "Top", "n", "own"
        of = f"container_of({name}, {outer}, '{part}')"
        value = self.number()
        if self.rng.random() < 0.5:
            return [f"{name} = {place}", f"{around} = {of}", f"{around}.{field} = {value}"]
        self.numbers.append(around)
        return [f"{name} = {place}", f"{around} = {of}.{field}"]

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
        first, second = sorted((first, second)) if self.rng.random() < 0.5 else (first, second)
        return [f"precedes('{self.rng.choice(('lock-order', 'my_order'))}', {first}, {second})"]

    def choice(self, depth: int) -> list[str]:
        name = self.fresh()
        self.numbers.append(name)
        if self.rng.random() < 0.5:
            return [f"{name} = choose(range({self.rng.choice('23')}))"]
        return [f"{name} = choose(x for x in range(2) if x == 0 or {self.looks()})"]

    def choose_in_loop(self, depth: int) -> list[str]:
        """Local work that goes round a few times and chooses each time."""
        if (
            self.in_loop
        ):  # where that loop turns out to be local work, paths would double each round
            return self.load(depth)
        name, way = self.fresh(), self.fresh()
        if self.rng.random() < 0.5:
            lines = [f"{name}: U8 = 0", f"for {way} in range(2):", "    if either():"]
            self.numbers.append(name)
            return [*lines, f"        {name} += 1"]
        lines = [f"{name}: U8 = 0", f"while {name} < 2:", f"    {way} = choose(range(2))"]
        if self.rng.random() < 0.3:
            lines += [f"    if {way} == 1:", "        break"]
        self.numbers.append(name)
        return [*lines, f"    {name} += {way} + 1"]

    def match(self, depth: int) -> list[str]:
        """A way for each value, or for some and the rest."""
        rng = self.rng
        name = self.fresh()
        if self.has["enum"] and rng.random() < 0.5:
            subject, cases = "top.mode", ["Mode.COLD", "Mode.WARM", "Mode.HOT"]
        else:
            subject, cases = rng.choice(("word", "top.level", "top.n")), ["0", "1", "2"]
        cases = cases[: rng.choice((1, 2, 3))] + ["_"] * (rng.random() < 0.6)
        lines = [f"{name} = {self.once(subject)}", f"match {name}:"]
        for case in cases:
            lines += [f"    case {case}:", *["    " + line for line in self.nested(depth - 1)]]
        return lines

    def two_results(self, depth: int) -> list[str]:
        one, two = self.fresh(), self.fresh()
        place = self.rng.choice(("top.n", "word"))
        self.numbers += [one, two]
        return [f"{one}, {two} = both({place}, {self.rng.choice('01')})"]

    def use_group(self, depth: int) -> list[str]:
        """A set of pointers."""
        rng = self.rng
        node = rng.choice([*self.sure, "nodes[0]"])
        if rng.random() < 0.3:
            return [f"if {node} in top.group:", *self.nested(0)]
        verb = rng.choice(("add", "add", "discard", "clear"))
        return ["top.group.clear()"] if verb == "clear" else [f"top.group.{verb}({node})"]

    def wide(self, depth: int) -> list[str]:
        """Words that wrap far out."""
        rng = self.rng
        place = rng.choice(("top.wide", "top.wider"))
        if self.in_loop or rng.random() < 0.4:
            return [self.assign(place, rng.choice(("0", "65535", "1 << 16")))]
        if rng.random() < 0.4:
            name = self.fresh()
            self.numbers.append(f"{name} % 3")
            return [f"{name} = {self.once(place)}"]
        return [rng.choice((f"{place} += 1", f"{place} -= 1", f"{place} = {place} << 1"))]

    def observe(self, depth: int) -> list[str]:
        return [f"note({self.rng.choice(self.sure)})"]
