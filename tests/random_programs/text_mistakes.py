"""Mistakes that random spec text makes on purpose, so that every kind of fault is frequent."""

from __future__ import annotations

from random_programs.text_words import Words


class Mistakes(Words):
    """Makes the mistakes that the spec is about."""

    def mistake(self, depth: int) -> list[str]:
        makers = {
            "null-dereference": self.forget_the_test,
            "use-after-free": self.use_what_is_freed,
            "double-free": self.free_again,
            "uninitialised": self.read_what_is_not_set,
            "out-of-bounds": self.leave_the_array,
            "container": self.mistake_the_container,
            "lock-order": self.turn_the_order,
            "lock-misuse": self.release_what_is_not_held,
            "range": self.leave_the_range,
            "arithmetic": self.compute_nonsense,
            "diverges": self.turn_for_ever,
        }
        return makers[self.rng.choice(self.mistakes)]()

    def forget_the_test(self) -> list[str]:
        name = self.fresh()
        return [f"{name} = {self.once('top.head')}", self.assign(f"{name}.v", "1")]

    def use_what_is_freed(self) -> list[str]:
        name = self.fresh()
        last = self.rng.choice((f"{name}.next = None", f"top.head = {name}.next"))
        found = [f"{name} = {self.once('top.head')}", f"if {name} is not None:"]
        return [*found, f"    free({name})", f"    {last}"]

    def free_again(self) -> list[str]:
        name = self.fresh()
        lines = [f"{name} = {self.once('top.head')}", f"if {name} is not None:"]
        return [*lines, f"    free({name})", *[f"    free({name})"] * (self.rng.random() < 0.5)]

    def read_what_is_not_set(self) -> list[str]:
        name = self.fresh()
        first = [f"wait_until({self.looks()}, idle=True)"] * (self.rng.random() < 0.3)
        last = self.rng.choice((f"top.n = {name}.v", f"top.head = {name}.next"))
        return [*first, f"{name} = new(Node)", last]

    def leave_the_array(self) -> list[str]:
        name = self.fresh()
        place = self.rng.choice(("top.n", "word", "top.level"))
        return [f"{name} = {self.once(place)}", f"top.cells[{name} + {self.rng.choice('122')}] = 1"]

    def mistake_the_container(self) -> list[str]:
        """A Part that may be embedded elsewhere, or nothing."""
        name, around = self.fresh(), self.fresh()
        outer, part = self.rng.choice((("Node", "part"), ("Case", "part"), ("Top", "own")))
        field = {"Node": "v", "Case": "n", "Top": "n"}[outer]
        lines = [f"{name} = {self.once('top.at')}"]
        if self.rng.random() < 0.7:
            lines.append(f"if {name} is not None:")
        use = [f"{around} = container_of({name}, {outer}, '{part}')", f"{around}.{field} = 2"]
        return [*lines, *[("    " * (len(lines) - 1)) + line for line in use]]

    def turn_the_order(self) -> list[str]:
        name = self.rng.choice(("lock-order", "my_order"))
        orders = [f"precedes('{name}', lock0, lock1)", f"precedes('{name}', lock1, lock0)"]
        return orders if self.rng.random() < 0.8 else [self.rng.choice(orders)]

    def release_what_is_not_held(self) -> list[str]:
        name = self.rng.choice(self.locks)
        return [f"{self.lock_types[name]}_unlock({name})"]

    def leave_the_range(self) -> list[str]:
        return [self.rng.choice(("top.level += 2", "top.level -= 1"))]

    def compute_nonsense(self) -> list[str]:
        name = self.fresh()
        sum_ = self.rng.choice((f"2 // {name}", f"2 % {name}", f"200 >> ({name} * 40)"))
        return [f"{name} = {self.once('top.level')}", f"top.n = {sum_}"]

    def turn_for_ever(self) -> list[str]:
        name = self.fresh()
        place, loop = self.rng.choice((("top.flag", ""), ("top.level", " == 1")))
        return [f"{name} = {self.once(place)}", f"while {name}{loop}:", "    pass"]
