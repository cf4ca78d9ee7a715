"""What `-D name=value` and `--variant` mean for one spec: names looked up, values read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from modelcheck.diagnostics import did_you_mean
from modelcheck.frontend.spec import Flag, Parameter, SettingValue, SpecInfo, Variant
from modelcheck.specfiles import SelectionError

_TRUE = frozenset({"true", "on", "yes", "1"})
_FALSE = frozenset({"false", "off", "no", "0"})


def choose_variant(info: SpecInfo, name: str | None) -> Variant:
    """The variant of that name; None and `default` mean the default."""
    if name is None or (name == "default" and all(v.name != name for v in info.variants)):
        return info.default
    for variant in info.variants:
        if variant.name == name:
            return variant
    known = [v.name for v in info.variants if v.name is not None]
    raise SelectionError(explain_unknown(f"{info.name} has no variant", name, known))


def read_settings(info: SpecInfo, texts: Mapping[str, str]) -> dict[str, SettingValue]:
    """The values of parameters and flags, as the spec declares them.  Raises `SelectionError`."""
    parameters = {p.name: p for p in info.parameters}
    flags = {f.name: f for f in info.flags}
    values: dict[str, SettingValue] = {}
    for name, text in texts.items():
        if name in parameters:
            values[name] = _read_parameter(parameters[name], text)
        elif name in flags:
            values[name] = _read_flag(flags[name], text)
        else:
            known = (*parameters, *flags)
            raise SelectionError(explain_unknown(f"{info.name} has no setting", name, known))
    return values


def explain_unknown(what: str, name: str, known: Iterable[str]) -> str:
    """`what` `name`, and the nearest name there is, or all of them."""
    known = tuple(known)
    hint = did_you_mean(name, known)
    if not hint and known:
        hint = f"there is {', '.join(known)}"
    return f"{what} `{name}`" + (f"; {hint}" if hint else "")


def _read_parameter(parameter: Parameter, text: str) -> int:
    number = _read_number(parameter.name, text)
    if not parameter.min <= number <= parameter.max:
        raise SelectionError(
            f"`{parameter.name}` goes from {parameter.min} to {parameter.max}, not {number}"
        )
    return number


def _read_flag(flag: Flag, text: str) -> SettingValue:
    if flag.choices:
        member = text.rpartition(".")[2]
        if member not in flag.choices:
            raise SelectionError(
                explain_unknown(f"`{flag.name}` has no member", text, flag.choices)
            )
        return member
    if not isinstance(flag.default, bool):
        return _read_number(flag.name, text)
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise SelectionError(f"`{flag.name}` is on or off, not {text!r}")


def _read_number(name: str, text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise SelectionError(f"`{name}` is a number, not {text!r}") from None
