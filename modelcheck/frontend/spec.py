"""What is known of a spec before a program is made of it: names, settings, expectations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelcheck.diagnostics import Span

SettingValue = bool | int | str  # a flag, a number, the name of an enum member


@dataclass(frozen=True, slots=True)
class Parameter:
    """`param(default, min=, max=)`: a size."""

    name: str
    default: int
    min: int
    max: int
    span: Span


@dataclass(frozen=True, slots=True)
class Flag:
    """`flag(default)`; `choices` are the members where it is an enum, else empty."""

    name: str
    default: SettingValue
    choices: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Variant:
    """A named setting and what it is expected to violate; the default has no name.

    `violates` is the exact set ("deadlock", "use-after-free(Trigger)"), `also` what is tolerated
    besides; `needs` names what this version cannot check yet.
    """

    name: str | None
    settings: Mapping[str, SettingValue] = field(default_factory=dict)
    violates: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    needs: str = ""
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class SpecInfo:
    """The head of a spec: what `list` prints and `gate` runs."""

    name: str
    doc: str
    path: str
    parameters: tuple[Parameter, ...]
    flags: tuple[Flag, ...]
    default: Variant
    variants: tuple[Variant, ...]
    files: tuple[str, ...]  # the spec and every file it imports, for its content hash
