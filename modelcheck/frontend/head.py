"""The head of a spec: its name, parameters, flags, variants and what is expected of each."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from modelcheck.checks import BUILT_IN
from modelcheck.diagnostics import Related, Report, Span, SpecError, did_you_mean
from modelcheck.frontend.constants import Reported
from modelcheck.frontend.kinds import show_setting
from modelcheck.frontend.modules import Decl, Module, Modules
from modelcheck.frontend.names import PROPERTY_KINDS
from modelcheck.frontend.spec import Flag, Parameter, SettingValue, SpecInfo, Variant
from modelcheck.frontend.values import Scalar
from modelcheck.frontend.world import World
from modelcheck.ir.types import BoolType, EnumType

NEEDS = ("weak-memory", "liveness")


def read_head(modules: Modules, main: Module, report: Report) -> SpecInfo:
    """What a spec says about itself.  Raises SpecErrors."""
    reader = HeadReader(modules, main, report)
    info = reader.read()
    report.stop()
    return info


class HeadReader:
    """Reads the declarations that have no meaning inside a program."""

    def __init__(self, modules: Modules, main: Module, report: Report) -> None:
        self.modules = modules
        self.main = main
        self.report = report
        self.world = World(modules, main, {}, report)
        self.parameters: dict[str, Parameter] = {}
        self.flags: dict[str, Flag] = {}

    def read(self) -> SpecInfo:
        """The head, or as much of it as is right (errors are in the report)."""
        for decl in list(self.main.names.values()):
            self._guarded(self._setting, decl)
        names: list[str] = []
        default = Variant(None)
        variants: list[Variant] = []
        for call in self.main.calls:
            word = self.main.word(call)
            span = self.main.span(call)
            imported = isinstance(call.func, ast.Name) and call.func.id in self.main.names
            if not imported and word in ("spec", "variant", "default", "allow"):
                self.report.add(
                    SpecError(
                        "MC201",
                        f"`{word}` is not defined",
                        span,
                        help=f"import it: `from modelcheck.lang import {word}`",
                    )
                )
            if word == "spec":
                names.append(self._text(call))
                if len(names) > 1:
                    self.report.add(SpecError("MC316", "a file is one spec", span))
            elif word == "default":
                default = self._variant(call, None) or default
            elif word == "variant":
                variant = self._variant(call, self._text(call))
                if variant is not None:
                    if any(v.name == variant.name for v in variants):
                        self.report.add(
                            SpecError("MC317", f"there are two variants `{variant.name}`", span)
                        )
                    variants.append(variant)
        if not names:
            self.report.add(
                SpecError(
                    "MC318",
                    "the spec has no name",
                    self.main.span(self.main.source.tree.body[0]),
                    help='write `spec("its-name")` near the top',
                )
            )
        return SpecInfo(
            name=names[0] if names else "",
            doc=ast.get_docstring(self.main.source.tree) or "",
            path=self.main.source.shown,
            parameters=tuple(self.parameters.values()),
            flags=tuple(self.flags.values()),
            default=default,
            variants=tuple(variants),
            files=tuple(str(m.source.path) for m in self.modules.in_order()),
        )

    def _guarded(self, read: object, decl: Decl) -> None:
        try:
            self._setting(decl)
        except Reported:
            pass
        except SpecError as error:
            self.report.add(error)
        del read

    def _setting(self, decl: Decl) -> None:
        node = decl.node
        value = getattr(node, "value", None)
        if not isinstance(value, ast.Call):
            return
        word = self.world.called(self.main, value) if isinstance(value.func, ast.Name) else ""
        if word not in ("param", "flag"):
            return
        default = self.world.value_of(self.main, decl)
        if not isinstance(default, Scalar) or default.constant is None:
            return
        span = decl.span
        if word == "flag":
            of = default.type
            choices = of.members if isinstance(of, EnumType) else ()
            self.flags[decl.name] = Flag(decl.name, show_setting(default), choices, span)
            return
        bounds = {k.arg: self.world.number(self.main, k.value) for k in value.keywords}
        if set(bounds) != {"min", "max"}:
            raise SpecError(
                "MC301",
                "a parameter has `min=` and `max=`",
                self.main.span(value),
                help=f"write `{decl.name} = param({default.constant}, min=…, max=…)`",
            )
        if not bounds["min"] <= default.constant <= bounds["max"]:
            raise SpecError(
                "MC319",
                f"{default.constant} is not within {bounds['min']} … {bounds['max']}",
                self.main.span(value),
            )
        self.parameters[decl.name] = Parameter(
            decl.name, default.constant, bounds["min"], bounds["max"], span
        )

    def _text(self, call: ast.Call) -> str:
        first = call.args[0] if call.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value:
            return first.value
        word = self.main.word(call)
        self.report.add(
            SpecError("MC272", f"`{word}` takes a name, a string", self.main.span(call))
        )
        return ""

    def _variant(self, call: ast.Call, name: str | None) -> Variant | None:
        settings: dict[str, SettingValue] = {}
        violates: tuple[str, ...] = ()
        also: tuple[str, ...] = ()
        needs = ""
        good = True
        for keyword in call.keywords:
            try:
                match keyword.arg:
                    case "violates":
                        violates = self._properties(keyword.value)
                    case "also":
                        also = self._properties(keyword.value)
                    case "needs":
                        needs = self._needs(keyword)
                    case word:
                        settings[str(word)] = self._value(str(word), keyword, name)
            except Reported:
                good = False
            except SpecError as error:
                self.report.add(error)
                good = False
        if not good:
            return None
        return Variant(name, settings, violates, also, needs, self.main.span(call))

    def _needs(self, keyword: ast.keyword) -> str:
        value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
        if value not in NEEDS:
            raise SpecError(
                "MC320",
                "`needs=` is weak-memory or liveness",
                self.main.span(keyword),
                help=did_you_mean(str(value), NEEDS),
            )
        return str(value)

    def _properties(self, node: ast.expr) -> tuple[str, ...]:
        items = node.elts if isinstance(node, ast.Tuple) else [node]
        known = [*self.property_names(), *BUILT_IN]
        found = []
        for item in items:
            text = item.value if isinstance(item, ast.Constant) else None
            if not isinstance(text, str):
                raise SpecError("MC272", "a property's name is a string", self.main.span(item))
            bare = text.partition("(")[0].strip()
            if bare not in known:
                raise SpecError(
                    "MC321",
                    f"there is no property `{bare}`",
                    self.main.span(item),
                    help=did_you_mean(bare, known),
                )
            found.append(text)
        return tuple(found)

    def property_names(self) -> list[str]:
        """Every property of the spec: decorated routines, and what asserts name."""
        names = []
        for module in self.modules.in_order():
            for node in ast.walk(module.source.tree):
                if isinstance(node, ast.FunctionDef):
                    if any(module.word(d) in PROPERTY_KINDS for d in node.decorator_list):
                        names.append(node.name)
                elif isinstance(node, ast.Assert) and isinstance(node.msg, ast.Constant):
                    names.append(str(node.msg.value).partition(":")[0].strip())
        return names

    def _value(self, word: str, keyword: ast.keyword, name: str | None) -> SettingValue:
        span = self.main.span(keyword)
        known = [*self.parameters, *self.flags]
        if word not in known:
            raise SpecError(
                "MC322",
                f"`{word}` is no parameter or flag of this spec",
                span,
                help=did_you_mean(word, known) or (f"it has {', '.join(known)}" if known else ""),
            )
        if name is None:
            raise SpecError(
                "MC323",
                "the default configuration has the declared values",
                span,
                help=f"change the default of `{word}`",
            )
        value = self.world.constant(self.main, keyword.value)
        if not isinstance(value, Scalar) or value.constant is None:
            raise SpecError("MC324", f"this is no value for `{word}`", span)
        return self.check_setting(word, show_setting(value), value.type, span)

    def check_setting(self, word: str, value: SettingValue, of: object, span: Span) -> SettingValue:
        """A setting's value, if it fits the declaration."""
        if word in self.parameters:
            parameter = self.parameters[word]
            if isinstance(value, bool) or not isinstance(value, int):
                raise SpecError("MC324", f"`{word}` is a number", span)
            if not parameter.min <= value <= parameter.max:
                raise SpecError(
                    "MC319",
                    f"{value} is not within {parameter.min} … {parameter.max}",
                    span,
                    related=(Related(parameter.span, f"`{word}` is declared here"),),
                )
            return value
        flag = self.flags[word]
        fits = (
            isinstance(of, EnumType) and value in flag.choices
            if flag.choices
            else isinstance(of, BoolType) == isinstance(flag.default, bool)
            and not isinstance(value, str)
        )
        if not fits:
            raise SpecError(
                "MC324",
                f"this is no value for `{word}`",
                span,
                related=(Related(flag.span, f"`{word}` is declared here"),),
            )
        return value


def parse_settings(info: SpecInfo, texts: Mapping[str, str]) -> dict[str, SettingValue]:
    """Settings from the command line (`-D closers=3`); raises ValueError in the user's words."""
    found: dict[str, SettingValue] = {}
    parameters = {p.name: p for p in info.parameters}
    flags = {f.name: f for f in info.flags}
    for name, text in texts.items():
        if name in parameters:
            parameter = parameters[name]
            try:
                number = int(text)
            except ValueError:
                raise ValueError(f"{name} is a number, not {text!r}") from None
            if not parameter.min <= number <= parameter.max:
                raise ValueError(f"{name}={number} is not within {parameter.min} … {parameter.max}")
            found[name] = number
        elif name in flags:
            found[name] = _flag_value(flags[name], text)
        else:
            known = [*parameters, *flags]
            hint = did_you_mean(name, known)
            raise ValueError(
                f"{name!r} is no parameter or flag of {info.name}"
                + (f"; {hint}" if hint else f"; it has {', '.join(known)}" if known else "")
            )
    return found


def _flag_value(flag: Flag, text: str) -> SettingValue:
    if flag.choices:
        if text not in flag.choices:
            raise ValueError(f"{flag.name} is one of {', '.join(flag.choices)}, not {text!r}")
        return text
    if isinstance(flag.default, bool):
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if text.lower() not in words:
            raise ValueError(f"{flag.name} is True or False, not {text!r}")
        return words[text.lower()]
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{flag.name} is a number, not {text!r}") from None
