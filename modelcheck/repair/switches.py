"""Spec head + what a user names → the settings that a search may switch, and from which value.

A *switch* is one setting at one value other than the one it begins with.  The search begins where
all are off, which is to be the broken code.  A spec says itself which that is: its default is the
fixed code, and a variant that is expected to be violated breaks one thing of it; where the default
is expected to be violated it is the broken code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from modelcheck.frontend.spec import SettingValue, SpecInfo, Variant
from modelcheck.settings import explain_unknown, read_settings
from modelcheck.specfiles import SelectionError

MAX_SETS = 4096  # that one search looks at

FixSet = tuple[tuple[str, SettingValue], ...]
"""The switches that are on, in the order of the settings; each setting at most once."""


@dataclass(frozen=True, slots=True)
class Switchable:
    """A flag or parameter that may be switched: `off` is what it begins with, `on` what else it may
    be, at least one value, `off` not among them.
    """

    name: str
    off: SettingValue
    on: tuple[SettingValue, ...]


def find_switchables(
    info: SpecInfo,
    begin: Variant | None = None,
    given: Mapping[str, SettingValue] | None = None,
    named: Sequence[tuple[str, str | None]] = (),
) -> tuple[Switchable, ...]:
    """What may be switched, in the order of `named`, else of the spec.

    `begin` is the variant the search begins with (None: the spec's convention says what is off),
    `given` are values that the user set.  `named` are settings, each with a value it is to have
    when it is on, or None for any; a setting may be there with several values.  Without any: the
    flags that `begin` sets; if it sets parameters only, those in which other variants with the same
    ones differ from it; else those of `list_broken_flags`.  Raises `SelectionError`.
    """
    given = given or {}
    known = [p.name for p in info.parameters] + [f.name for f in info.flags]
    wanted: dict[str, list[SettingValue]] = {}
    for name, text in named:
        if name not in known:
            raise SelectionError(explain_unknown(f"{info.name} has no setting", name, known))
        values = wanted.setdefault(name, [])
        if text is not None:
            values.append(read_settings(info, {name: text})[name])
    if not wanted:
        flags = _list_own_flags(info, begin) or list_broken_flags(info)
        wanted = {name: [] for name in flags}
    if not wanted:
        raise SelectionError(
            f"{info.name} has no flag that a variant changes; name what may be switched:"
            " --flags name or name=value"
        )
    found = tuple(_make(info, name, on, begin, given) for name, on in wanted.items())
    count = count_sets(found)
    if count > MAX_SETS:
        raise SelectionError(
            f"{', '.join(s.name for s in found)} make {count:,} sets, and a search looks at no more"
            f" than {MAX_SETS:,}; name fewer with --flags"
        )
    return found


def list_broken_flags(info: SpecInfo) -> list[str]:
    """The flags that matter, by what the spec says: in the order of their declaration.

    Where the default is expected to be violated, every flag that a variant changes.  Else each
    that a violated variant changes without any other flag, unless a variant with the same
    parameters and without the change is expected to be violated too: then the flag is not to
    blame.  What a variant does with several flags at once may be a matter of its surroundings.
    """
    flags = {flag.name: flag.default for flag in info.flags}
    if info.default.violates:
        changed = {name for v in info.variants for name in _list_changed_flags(info, v)}
        return [name for name in flags if name in changed]
    broken = set()
    for variant in _list_violated(info):
        changes = _list_changed_flags(info, variant)
        if len(changes) == 1 and _is_to_blame(info, variant, changes[0]):
            broken.add(changes[0])
    return [name for name in flags if name in broken]


def count_sets(switchables: Sequence[Switchable]) -> int:
    """How many sets there are, the empty one among them."""
    count = 1
    for switchable in switchables:
        count *= 1 + len(switchable.on)
    return count


def list_sets(switchables: Sequence[Switchable]) -> list[FixSet]:
    """Every set of switches, the empty one first: fewer before more, else in order."""
    ways = [(None, *s.on) for s in switchables]
    names = [s.name for s in switchables]
    sets = [
        tuple((name, value) for name, value in zip(names, values, strict=True) if value is not None)
        for values in product(*ways)
    ]
    return sorted(sets, key=lambda on: (len(on), [names.index(name) for name, _ in on]))


def list_smaller(on: FixSet) -> Iterator[FixSet]:
    """Every set with some of the switches of `on`, but not all: fewer before more."""
    for size in range(len(on)):
        yield from combinations(on, size)


def settings_of(
    info: SpecInfo,
    switchables: Sequence[Switchable],
    on: FixSet,
    begin: Variant | None = None,
    given: Mapping[str, SettingValue] | None = None,
) -> dict[str, SettingValue]:
    """What every setting of the spec is under a set.

    Soundness: the program that is judged is the one under exactly these; a set that were judged
    by the settings of another one could be called a fix.  test_repair_search.py compares each set
    of specs whose sets differ with what `check` says of the same settings.
    """
    values: dict[str, SettingValue] = {p.name: p.default for p in info.parameters}
    values |= {flag.name: flag.default for flag in info.flags}
    values |= dict((begin or info.default).settings)
    values |= given or {}
    values |= {s.name: s.off for s in switchables}
    return values | dict(on)


def find_need(info: SpecInfo, settings: Mapping[str, SettingValue]) -> str:
    """What this version would need to judge these settings: `weak-memory`, or nothing.

    A variant with `needs=` says that a fault of its flags cannot be seen here.  Whoever has all
    those flags is as little to be judged, whatever the sizes are.

    Soundness: a set with such a flag must not be called verified; test_repair_search.py has one.
    """
    for variant in info.variants:
        changed = _list_changed_flags(info, variant) or list(variant.settings)
        same = [_is_same(settings[name], variant.settings[name]) for name in changed]
        if variant.needs and same and all(same):
            return variant.needs
    return ""


def show_value(value: SettingValue) -> str:
    """A value as `-D` reads it: `True`, `MERGED`, `3`."""
    return str(value)


def show_set(on: FixSet) -> str:
    """`design=MERGED notify`: what is True by its name alone; of the empty set, `(nothing)`."""
    return " ".join(n if v is True else f"{n}={show_value(v)}" for n, v in on) or "(nothing)"


def _make(
    info: SpecInfo,
    name: str,
    on: Sequence[SettingValue],
    begin: Variant | None,
    given: Mapping[str, SettingValue],
) -> Switchable:
    values = list(_list_values(info, name, on))
    if name in given:
        off = given[name]
    elif begin is not None:
        off = begin.settings.get(name, values[0])
    else:
        off = _find_off(info, name, values, on)
    ons = on or values
    chosen = tuple(v for i, v in enumerate(ons) if not _is_same(v, off) and not _has(ons[:i], v))
    if on and len(chosen) < len({show_value(v) for v in on}):
        raise SelectionError(
            f"`{name}` is {show_value(off)} before anything is switched on; -D says what it is then"
        )
    if not chosen:
        raise SelectionError(
            f"nothing says what `{name}` may be when it is switched on; write {name}=value"
        )
    return Switchable(name, off, chosen)


def _list_values(info: SpecInfo, name: str, on: Sequence[SettingValue]) -> Iterator[SettingValue]:
    """The values a setting may have, its default first: all of a `Bool` or enum, those of the
    variants and the ones that were named of a number.
    """
    for flag in info.flags:
        if flag.name == name:
            yield flag.default
            if flag.choices:
                yield from (choice for choice in flag.choices if choice != flag.default)
                return
            if isinstance(flag.default, bool):
                yield not flag.default
                return
    yield from (p.default for p in info.parameters if p.name == name)
    yield from (v.settings[name] for v in info.variants if name in v.settings)
    yield from on


def _find_off(
    info: SpecInfo, name: str, values: Sequence[SettingValue], on: Sequence[SettingValue]
) -> SettingValue:
    """What is off by the spec's convention: what breaks it, else the default.

    Of two values the one that was not named is off, whatever the convention.
    """
    others = [value for value in values if not _has(on, value)]
    if on and len(values) == 2 and len(others) == 1:
        return others[0]
    if info.default.violates:
        return values[0]
    blamed = [v for v in _list_violated(info) if _is_to_blame(info, v, name)]
    blamed.sort(key=lambda variant: len(_list_changed_flags(info, variant)))
    return blamed[0].settings[name] if blamed else values[0]


def _is_to_blame(info: SpecInfo, variant: Variant, flag: str) -> bool:
    """Whether a violated variant changes a flag, and is not expected to be violated without."""
    if flag not in _list_changed_flags(info, variant):
        return False
    rest = {name: value for name, value in variant.settings.items() if name != flag}
    return not any(dict(other.settings) == rest for other in _list_violated(info))


def _list_own_flags(info: SpecInfo, begin: Variant | None) -> list[str]:
    if begin is None:
        return []
    if own := _list_changed_flags(info, begin):
        return own
    sizes = _list_sizes(info, begin)
    others = [v for v in info.variants if sizes and _list_sizes(info, v) == sizes]
    changed = {name for other in others for name in _list_changed_flags(info, other)}
    return [flag.name for flag in info.flags if flag.name in changed]


def _list_sizes(info: SpecInfo, variant: Variant) -> list[tuple[str, SettingValue]]:
    return [
        (p.name, variant.settings[p.name]) for p in info.parameters if p.name in variant.settings
    ]


def _list_changed_flags(info: SpecInfo, variant: Variant) -> list[str]:
    """The flags, not the parameters, that a variant sets to something else than their default."""
    return [
        flag.name
        for flag in info.flags
        if flag.name in variant.settings and not _is_same(variant.settings[flag.name], flag.default)
    ]


def _list_violated(info: SpecInfo) -> list[Variant]:
    return [variant for variant in info.variants if variant.violates and not variant.needs]


def _is_same(one: SettingValue, other: SettingValue) -> bool:
    """Equality that tells True from 1."""
    return type(one) is type(other) and one == other


def _has(values: Sequence[SettingValue], value: SettingValue) -> bool:
    return any(_is_same(value, other) for other in values)
