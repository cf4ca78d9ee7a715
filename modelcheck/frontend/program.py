"""A spec under one setting → its program: every thread, property and object, lowered.

What a call through `Fn` can reach, which stack objects exist and what is freed is known only when
all threads are lowered, so lowering repeats until none of it changes.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from modelcheck.checks import BUILT_IN
from modelcheck.diagnostics import InternalError, Related, Report, SpecError
from modelcheck.frontend.constants import Reported
from modelcheck.frontend.declarations import ThreadDecl
from modelcheck.frontend.kinds import literal
from modelcheck.frontend.lowering.context import Mode
from modelcheck.frontend.lowering.expressions import UNKNOWN
from modelcheck.frontend.lowering.intrinsics import INITIAL
from modelcheck.frontend.lowering.routines import make_frame
from modelcheck.frontend.lowering.statements import Statements
from modelcheck.frontend.lowering.terms import (
    compare,
)
from modelcheck.frontend.modules import Module, Modules
from modelcheck.frontend.names import LATER_NAMES, PROPERTY_KINDS
from modelcheck.frontend.spec import SettingValue, SpecInfo
from modelcheck.frontend.values import FieldName, Routine, Scalar, Storage, ThreadName
from modelcheck.frontend.world import World
from modelcheck.ir import nodes as ir
from modelcheck.ir.passes.liveness import find_unset
from modelcheck.ir.types import Embedded, FnType, PtrType, RangeType

MAX_ROUNDS = 12


def make_program(
    modules: Modules,
    main: Module,
    info: SpecInfo,
    settings: Mapping[str, SettingValue],
    report: Report,
) -> ir.Program:
    """The program of a spec under `settings`, before any pass.  Raises SpecErrors."""
    world = World(modules, main, settings, report)
    world.declare_threads()
    world.declare_all()
    report.stop()
    maker = ProgramMaker(world, main, info, report)
    return maker.make()


class ProgramMaker:
    """Lowers everything a world declares."""

    def __init__(self, world: World, main: Module, info: SpecInfo, report: Report) -> None:
        self.world = world
        self.main = main
        self.info = info
        self.report = report
        self.fn_targets: dict[tuple[str, str], list[str]] = {}
        self.is_survey = False

    def make(self) -> ir.Program:
        """Lower until the targets of indirect calls and the stack objects are settled.

        A round that does not know a call's targets yet may find errors that are none: they count
        once no round learns more.
        """
        if any(has_surprises(module) for module in self.world.modules.in_order()):
            self._survey()
        for _ in range(MAX_ROUNDS):
            before = self._settled()
            stored: dict[tuple[str, str], set[str]] = {}
            initial, templates = self._lower_code(stored)
            properties = self.lower_properties(stored, templates, initial)
            self._learn(stored)
            if self._settled() == before:
                break
            self.report.errors.clear()
        else:
            raise InternalError(f"{self.info.name}: who calls whom never comes to rest")
        self.report.stop()
        program = ir.Program(
            name=self.info.name,
            structs=tuple(self.world.structs.values()),
            objects=self.objects(),
            templates=tuple(templates),
            initial=initial,
            properties=tuple(properties),
            allows=tuple(self.allows()),
            routines=tuple(self.world.routine_numbers),
            settings=self.settings(),
            doc=self.info.doc,
            path=self.info.path,
        )
        if unset := list(find_unset(program)):
            raise InternalError(f"{self.info.name}: read before it is set: {', '.join(unset)}")
        return program

    def _survey(self) -> None:
        """Find most of what the rounds have to know, without what only checks and records.

        What it finds is there (it leaves out, and adds nothing); the rest is found by the rounds,
        the last of which learns nothing.
        """
        stored: dict[tuple[str, str], set[str]] = {}
        self.is_survey = True
        self._lower_code(stored)
        self.is_survey = False
        self._learn(stored)
        self.report.errors.clear()

    def _lower_code(
        self, stored: dict[tuple[str, str], set[str]]
    ) -> tuple[ir.Body, list[ir.Template]]:
        self._note_starts(stored)
        initial = self.lower_initial(stored)
        threads = [thread for thread in self.world.threads.values() if thread.count]
        return initial, [self.lower_thread(thread, stored) for thread in threads]

    def _learn(self, stored: dict[tuple[str, str], set[str]]) -> None:
        """Take over which routines are stored where."""
        if self.report.errors:
            for key, names in self.fn_targets.items():  # what failed did not come to its stores
                stored.setdefault(key, set()).update(names)
        order = self.world.routine_numbers
        self.fn_targets = {
            key: sorted(names, key=lambda n: order[n]) for key, names in stored.items()
        }

    def _settled(self) -> tuple[object, ...]:
        targets = {key: tuple(names) for key, names in self.fn_targets.items() if names}
        stacks = [name for name, obj in self.world.objects.items() if obj.kind == "local"]
        return targets, stacks, frozenset(self.world.freed), tuple(self.world.routine_numbers)

    def _note_starts(self, stored: dict[tuple[str, str], set[str]]) -> None:
        """Routines that fields hold from the start."""
        names = {number: name for name, number in self.world.routine_numbers.items()}
        for obj in self.world.objects.values():
            if not isinstance(obj.type, Embedded):
                continue
            for _, path, value in obj.start:
                if isinstance(value, ir.Const) and isinstance(value.type, FnType) and value.value:
                    key = (obj.type.struct, str(path[0]))
                    stored.setdefault(key, set()).add(names[value.value])
        for struct in self.world.structs.values():
            for field in struct.fields:
                if isinstance(field.type, FnType) and field.start:
                    stored.setdefault((struct.name, field.name), set()).add(names[field.start])

    def objects(self) -> tuple[ir.Object, ...]:
        """All objects that exist under these settings."""
        counts = {t.name: t.count for t in self.world.threads.values()}
        return tuple(
            obj
            for obj in self.world.objects.values()
            if obj.count != 0 and (obj.kind != "local" or counts.get(obj.template, 0))
        )

    def settings(self) -> tuple[ir.Setting, ...]:
        """Parameters and flags with their values, in order of declaration."""
        found = []
        for parameter in self.info.parameters:
            value = self.world.used_settings.get(parameter.name, parameter.default)
            found.append(ir.Setting(parameter.name, str(value), str(parameter.default)))
        for flag in self.info.flags:
            value = self.world.used_settings.get(flag.name, flag.default)
            found.append(ir.Setting(flag.name, str(value), str(flag.default)))
        return tuple(found)

    # -- bodies

    def _lowering(
        self, prefix: str, stored: dict[tuple[str, str], set[str]], thread: ThreadDecl | None = None
    ) -> Statements:
        lowering = Statements(self.world, self.report, prefix, thread)
        lowering.fn_targets = self.fn_targets
        lowering.stored_fns = stored
        lowering.is_survey = self.is_survey
        return lowering

    def lower_initial(self, stored: dict[tuple[str, str], set[str]]) -> ir.Body:
        """The @initial routines, one after another."""
        lowering = self._lowering("i", stored)
        node = self.main.source.tree
        frame = make_frame(Routine("initial", _empty_routine(), self.main), ())
        lowering.frames.append(frame)
        try:
            with lowering.in_mode(INITIAL), lowering.builder.inside_step():
                lowering.run_initial(node)
        except Reported:
            pass
        except SpecError as error:
            self.report.add(error)
        lowering.builder.close(ir.End())
        return _plain(lowering.builder.body())

    def lower_thread(
        self, thread: ThreadDecl, stored: dict[tuple[str, str], set[str]]
    ) -> ir.Template:
        """One thread declaration as a template."""
        lowering = self._lowering("b", stored, thread)
        frame = make_frame(Routine(thread.name, thread.node, thread.module), ())
        frame.single_return = False
        frame.return_label = "end"
        lowering.frames.append(frame)
        parameters: list[str] = []
        try:
            parameters = self.bind_thread(lowering, thread)
        except SpecError as error:
            self.report.add(error)
            for parameter in thread.node.args.args:  # to say it once
                frame.names.setdefault(parameter.arg, UNKNOWN)
        lowering.statements(thread.node.body)
        lowering.end_thread(thread.node)
        if self.is_survey:  # nobody looks at the code
            return ir.Template(thread.name, thread.count, ir.Body(lowering.builder.entry, ()))
        body = lowering.builder.body()
        if not self.report.errors:  # else the graph may have holes
            self.refuse_endless(body, thread)
        return ir.Template(
            thread.name,
            thread.count,
            body,
            spawned=thread.spawned,
            parameters=tuple(parameters),
            context=thread.context,  # type: ignore[arg-type]  # checked by World
            interrupts=thread.interrupts,
            span=thread.span,
        )

    def bind_thread(self, lowering: Statements, thread: ThreadDecl) -> list[str]:
        """What a thread's parameters stand for; yields the locals that `spawn` sets."""
        frame = lowering.frame
        args = thread.node.args.args
        if thread.spawned:
            names = []
            for parameter in args:
                of = lowering.parameter_type(thread.module, parameter)
                name = lowering.builder.variable(parameter.arg, of)
                names.append(name)
                if parameter.arg in frame.counts:
                    from modelcheck.frontend.lowering.context import Variable

                    frame.names[parameter.arg] = Variable(name, of)
                else:
                    frame.names[parameter.arg] = Scalar(ir.Local(name), of)
                frame.assigned.add(parameter.arg)
            return names
        if len(args) > 1:
            raise SpecError(
                "MC298",
                f"`{thread.name}` takes at most one argument",
                thread.span,
                note="each copy is given its number, or its place with `each=`",
            )
        if args:
            name = args[0].arg
            if name in frame.counts:
                raise SpecError(
                    "MC293",
                    f"`{name}` is the thread's own and cannot be assigned",
                    thread.module.span(frame.counts[name][0]),
                    help="use another name",
                )
            frame.assigned.add(name)
            number = Scalar(ir.Me(), RangeType(0, max(thread.count - 1, 0)))
            frame.names[name] = self.place_of_copy(lowering, thread) if thread.each else number
        return []

    def place_of_copy(self, lowering: Statements, thread: ThreadDecl) -> Scalar | Storage:
        """The place that a thread of `each=` is given."""
        places = lowering.places_of(thread.each)
        of = Embedded(thread.each)
        first = places[0]
        if isinstance(first.root, ir.ObjectRoot) and not first.path:
            name = first.root.object
            same = all(
                isinstance(p.root, ir.ObjectRoot) and p.root.object == name and not p.path
                for p in places
            )
            if same and self.world.objects[name].kind == "shared":
                index = ir.Me() if self.world.objects[name].count is not None else None
                return Storage(ir.Place(ir.ObjectRoot(name, index)), of, shown=name)
        pointer = PtrType(thread.each)
        expr: ir.Expr = ir.AddressOf(places[-1])
        for number in range(len(places) - 2, -1, -1):
            here = compare("==", ir.Me(), literal(number).expr)
            expr = ir.Apply("ite", (here, ir.AddressOf(places[number]), expr), pointer)
        return Scalar(lowering.temporary(expr, pointer, thread.node), pointer)

    def refuse_endless(self, body: ir.Body, thread: ThreadDecl) -> None:
        """A loop of local work that nothing leaves is an error: it would never be a step."""
        blocks = {b.label: b for b in body.blocks}
        before: dict[str, list[str]] = {body.entry: []}
        todo = [body.entry]
        while todo:
            label = todo.pop()
            for target in successors(blocks[label]):
                if target not in before:
                    before[target] = []
                    todo.append(target)
                before[target].append(label)
        reached = before.keys()
        leaving = {
            label
            for label in reached
            if isinstance(blocks[label].end, (ir.End, ir.Return))
            or blocks[label].step is not None
            or any(isinstance(i, (ir.Wait, ir.Check, ir.Assert)) for i in blocks[label].instrs)
        }
        todo = list(leaving)
        while todo:
            for label in before[todo.pop()]:
                if label not in leaving:
                    leaving.add(label)
                    todo.append(label)
        for label in sorted(reached - leaving, key=list(blocks).index):
            span = blocks[label].end.span
            self.report.add(
                SpecError(
                    "MC407",
                    "this loop never ends and never takes a step",
                    span,
                    note="it is local work only: no other thread could ever see it",
                    help="wait with `wait_until(…)`, or look at shared memory in it",
                    related=(Related(thread.span, f"in thread `{thread.name}`"),),
                )
            )
            return

    # -- properties

    def lower_properties(
        self,
        stored: dict[tuple[str, str], set[str]],
        templates: list[ir.Template],
        initial: ir.Body,
    ) -> list[ir.Property]:
        """All properties in source order: decorated routines, then what asserts name."""
        found: list[ir.Property] = []
        for module in self.world.modules.in_order():
            for decl in list(module.names.values()):
                if not isinstance(decl.node, ast.FunctionDef):
                    continue
                for decorator in decl.node.decorator_list:
                    if module.word(decorator) in LATER_NAMES:
                        self.report.add(
                            SpecError(
                                "MC304",
                                f"`{module.word(decorator)}` is reserved for a later version",
                                module.span(decorator),
                            )
                        )
                for word, kind in PROPERTY_KINDS.items():
                    if any(module.word(d) == word for d in decl.node.decorator_list):
                        body = self.lower_property(module, decl.node, stored)
                        found.append(
                            ir.Property(
                                decl.name,
                                kind,
                                body,
                                ast.get_docstring(decl.node) or "",
                                decl.span,
                            )
                        )
        names: set[str] = set()
        for prop in found:
            if prop.name in names:
                self.report.add(
                    SpecError(
                        "MC311",
                        f"`{prop.name}` is also the name of another property",
                        prop.span,
                        note="the files of a spec share one set of property names",
                        help="give one of them another name",
                    )
                )
            names.add(prop.name)
        asserted: dict[str, ir.Property] = {}
        for body in [*(t.body for t in templates), initial]:
            for block in body.blocks:
                for instr in block.instrs:
                    if not isinstance(instr, ir.Assert | ir.Precedes):
                        continue
                    if instr.property in BUILT_IN:
                        continue
                    if instr.property in names:
                        word = "assert" if isinstance(instr, ir.Assert) else "order"
                        self.report.add(
                            SpecError(
                                "MC311",
                                f"`{instr.property}` is also the name of another property",
                                instr.span,
                                help=f"give the {word} a name of its own",
                            )
                        )
                    if isinstance(instr, ir.Assert):
                        asserted.setdefault(
                            instr.property,
                            ir.Property(instr.property, "assert", span=instr.span),
                        )
        return [*found, *asserted.values()]

    def lower_property(
        self,
        module: Module,
        node: ast.FunctionDef,
        stored: dict[tuple[str, str], set[str]],
    ) -> ir.Body:
        """A property's condition."""
        lowering = self._lowering("p", stored)
        lowering.in_property = True
        frame = make_frame(Routine(node.name, node, module), ())
        frame.single_return = False
        frame.return_label = "property"
        lowering.frames.append(frame)
        span = module.span(node)
        if node.args.args:
            self.report.add(
                SpecError("MC312", f"the property `{node.name}` takes no arguments", span)
            )
            return _always_true(span)
        mode = Mode("pure", ir.Kind.SILENT, ghosts=True, where=f"the property `{node.name}`")
        with lowering.in_mode(mode), lowering.builder.inside_step():
            lowering.statements(node.body)
        if lowering.builder.reachable:
            self.report.add(
                SpecError(
                    "MC310",
                    f"the property `{node.name}` may end without `return`",
                    span,
                    help="return a condition on every way",
                )
            )
            lowering.builder.close(_always_true(span).blocks[0].end)
        return _plain(lowering.builder.body())

    # -- what is silenced

    def allows(self) -> list[ir.Allow]:
        """The `allow` calls of the spec."""
        found = []
        for module in self.world.modules.in_order():
            for call in module.calls:
                if module.word(call) == "allow":
                    try:
                        found.append(self.allow(module, call))
                    except SpecError as error:
                        self.report.add(error)
        self.report.stop()
        return found

    def allow(self, module: Module, call: ast.Call) -> ir.Allow:
        """`allow("data-race", on=File.f_pos, because="…")`."""
        span = module.span(call)
        check = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
        if check not in BUILT_IN:
            raise SpecError(
                "MC313",
                "`allow` names a built-in check",
                span,
                help="`modelcheck explain MC313` lists them",
            )
        on = because = ""
        for keyword in call.keywords:
            if keyword.arg == "because" and isinstance(keyword.value, ast.Constant):
                because = str(keyword.value.value)
            elif keyword.arg == "on":
                target = self.world.constant(module, keyword.value)
                match target:
                    case FieldName(struct, field):
                        on = f"{struct}.{field}"
                    case Storage(place=ir.Place(ir.ObjectRoot(name))):
                        on = name
                    case ThreadName(name):
                        on = name
                    case _:
                        found = getattr(target, "name", None) or getattr(
                            getattr(target, "type", None), "struct", None
                        )
                        if found is None:
                            raise SpecError(
                                "MC314",
                                "`on=` names a field, an object or a struct",
                                module.span(keyword),
                            )
                        on = str(found)
            else:
                raise SpecError("MC268", f"`allow` has no parameter `{keyword.arg}`", span)
        if not because:
            raise SpecError(
                "MC315",
                "`allow` says why: `because=…`",
                span,
                note="every report lists what was silenced and why",
            )
        return ir.Allow(str(check), on, because)


def successors(block: ir.Block) -> tuple[str, ...]:
    """Where a block leads."""
    match block.end:
        case ir.Jump(target):
            return (target,)
        case ir.Branch(_, then, other):
            return (then, other)
        case _:
            return ()


def _plain(body: ir.Body) -> ir.Body:
    """A body outside the threads: nothing in it is a step."""
    blocks = tuple(replace(b, step=None, atomic=False, rmw="", inner=False) for b in body.blocks)
    return replace(body, blocks=blocks)


def _always_true(span: object) -> ir.Body:
    from modelcheck.ir.types import BOOL

    block = ir.Block("p1", (), ir.Return(ir.Const(1, BOOL), span=span))  # type: ignore[arg-type]  # a Span
    return ir.Body("p1", (block,))


def _empty_routine() -> ast.FunctionDef:
    module = ast.parse("def initial(): pass")
    node = module.body[0]
    assert isinstance(node, ast.FunctionDef)
    return node


def has_surprises(module: Module) -> bool:
    """Whether a file may hold what one round of lowering cannot know from its start: routines in
    fields, objects on stacks, shared objects that are freed.
    """
    names = {decl.origin for decl in module.names.values() if decl.kind == "import"}
    return not names.isdisjoint({"Fn", "local", "free", "kfree"})
