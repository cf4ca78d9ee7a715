"""Loops: threads that go round for ever, spins, and local work that goes round."""

from __future__ import annotations

from modelcheck.ir.nodes import Apply, Assign, Branch, Choose, Const, Jump, Local, Wait
from modelcheck.ir.types import BOOL, U8, RangeType
from random_programs.ir_builder import SMALL, equal, less, number, plus
from random_programs.ir_mistakes import Mistakes


class Loops(Mistakes):
    """Makes loops; what is in them comes from `statement`."""

    def for_ever(self, count: int) -> None:
        """A thread that goes round for ever, at rest where there is nothing to do."""
        rng, code = self.rng, self.code
        self.in_loop = True
        head = code.new_label()
        code.jump_to(head)
        code.step("wait for work")
        if rng.random() < 0.7:
            code.emit(Wait(self.shared_condition(), idle=rng.random() < 0.8))
        else:
            self.load()
        for _ in range(count):
            self.statement()
        if rng.random() < 0.5:
            after = code.new_label()
            code.close(Branch(self.condition(), after, head))
            code.start_block(after)
        else:
            code.close(Jump(head))
            code.start_block(code.new_label())

    def loop(self) -> None:
        """A spin, or something for ever, or so many times."""
        code, rng = self.code, self.rng
        if code.inner or self.depth > 0 or not self.shared.has("loop"):
            return
        was, self.in_loop = self.in_loop, True
        head, after = code.new_label(), code.new_label()
        ways = ["spin", "spin", "for ever", "count", "local"]
        if not was and self.shared.has("choice"):  # else its paths would double each round
            ways.append("choose")
        match rng.choice(ways):
            case "spin":
                code.jump_to(head)
                name = self.load(BOOL, SMALL, U8)
                if name is None:
                    code.close(Jump(after))
                else:
                    of = code.locals[name]
                    done = Local(name) if of == BOOL else equal(Local(name), number(1))
                    body = code.new_label()
                    code.close(Branch(done, after, body))
                    code.start_block(body)
                    if rng.random() < 0.4:
                        self.nested(1)
                    code.close(Jump(head))
            case "for ever":
                code.jump_to(head)
                if rng.random() < 0.7:
                    code.step("wait")
                    code.emit(Wait(self.shared_condition(), idle=rng.random() < 0.8))
                else:
                    self.load()
                self.nested(rng.choice((1, 2)))
                code.close(Branch(self.condition(), after, head))
            case "count":
                name = code.local(SMALL)
                code.emit(Assign(name, Const(0, SMALL)))
                code.jump_to(head)
                self.nested(1)
                more = plus(Local(name), number(1), RangeType(1, 3))
                code.emit(Assign(name, Apply("min", (more, number(2)), SMALL)))
                code.close(Branch(less(Local(name), number(2)), head, after))
            case "choose":
                # Local work that chooses in every round.
                name, more = code.local(SMALL), code.local(BOOL)
                code.emit(Assign(name, Const(0, SMALL)))
                code.jump_to(head)
                code.emit(Choose(more, 2))
                longer = Apply("ite", (Local(more), number(2), number(1)), SMALL)
                value = plus(Local(name), longer, RangeType(1, 4))
                code.emit(Assign(name, Apply("min", (value, number(2)), SMALL)))
                code.close(Branch(less(Local(name), number(2)), head, after))
            case _:
                # Local work that ends, or (a fault) does not where the condition holds.
                body = code.new_label()
                name = self.load(BOOL, SMALL, U8)
                code.jump_to(head)
                if name is None:
                    code.close(Jump(after))
                else:
                    of = code.locals[name]
                    holds = Local(name) if of == BOOL else less(number(0), Local(name))
                    code.close(Branch(holds, body, after))
                    code.start_block(body)
                    if not self.shared.has("fault") or rng.random() < 0.7:
                        value = Const(0, of)
                        if of != BOOL and rng.random() < 0.5:
                            value = Apply("-", (Local(name), number(1)), of)
                        code.emit(Assign(name, value))
                    code.close(Jump(head))
        code.start_block(after)
        self.in_loop = was
