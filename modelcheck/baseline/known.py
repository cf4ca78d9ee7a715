"""What is known of specs from before: a folder of results, as `make results` writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # JSON values

from modelcheck.explore.result import Counts
from modelcheck.specfiles import SelectionError

SCHEMA = "modelcheck-results-1"


@dataclass(frozen=True, slots=True)
class Known:
    """What a baseline says of a variant.

    `verdict` is empty where it was not checkable; `violated` has the depth of each violation;
    `counts` are by reductions, as `Result.reduced_by` names them.
    """

    verdict: str
    violated: Mapping[str, int]
    counts: Mapping[str, Counts]
    scope: tuple[str, ...]

    @property
    def exhausted(self) -> bool:
        """Whether all states were visited, so that nothing else can be violated."""
        return bool(self.verdict) and not any(p.startswith("not exhausted") for p in self.scope)


@dataclass(frozen=True, slots=True, eq=False)
class KnownSpec:
    """A file of a baseline: a spec's variants by name, None the default."""

    name: str
    path: str
    variants: Mapping[str | None, Known]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The files of a baseline: `folder` as messages call it, `place` where it is.

    Paths in it are relative to where it was written: one of the folders around it, or the working
    directory.
    """

    folder: str
    place: Path
    specs: tuple[KnownSpec, ...]

    def find(self, name: str, path: str) -> KnownSpec | None:
        """What is known of the spec of that name: in that file, or in one that is gone by now."""
        named = {s: self.find_file(s) for s in self.specs if s.name == name}
        here = [spec for spec, file in named.items() if file == Path(path).resolve()]
        moved = [spec for spec, file in named.items() if file is None]
        return next(iter((*here, *moved)), None)

    def find_file(self, spec: KnownSpec) -> Path | None:
        """Where the file of a recorded spec is now; None where it is gone."""
        places = (base / spec.path for base in (Path.cwd(), *self.place.resolve().parents))
        return next((file.resolve() for file in places if file.is_file()), None)


def read_baseline(folder: Path, shown: str) -> Baseline:
    """The results in a folder.  Raises `SelectionError` where one cannot be read or none is there.

    Other files, and JSON of other kinds, may lie there too.
    """
    if not folder.is_dir():
        raise SelectionError(f"{shown}: there is no such folder of results; {_tell_how(shown)}")
    files = [_read_file(file, f"{shown}/{file.name}") for file in sorted(folder.glob("*.json"))]
    specs = tuple(spec for spec in files if spec is not None)
    if not specs:
        raise SelectionError(f"{shown}: no results are there; {_tell_how(shown)}")
    return Baseline(shown, folder, specs)


def split_scope(text: str) -> tuple[str, ...]:
    """The parts of a scope line; a reason with a semicolon becomes several, on both sides."""
    return tuple(text.split("; "))


def _tell_how(shown: str) -> str:
    return f"`python -m modelcheck.results {shown} SPEC…` writes them"


def _read_file(file: Path, shown: str) -> KnownSpec | None:
    try:
        value: Any = json.loads(file.read_text(encoding="utf-8"))
        schema = value.get("schema") if isinstance(value, dict) else None
        if schema == SCHEMA:
            variants = {v["variant"]: _read_variant(v) for v in value["variants"]}
            return KnownSpec(str(value["spec"]), str(value["path"]), variants)
    except OSError as error:
        raise SelectionError(f"cannot read {shown}: {error.strerror or error}") from None
    except ValueError as error:  # also of what is not UTF-8
        raise SelectionError(f"{shown} is no JSON: {error}") from None
    except (AttributeError, KeyError, TypeError) as error:
        raise SelectionError(f"{shown} is no file of results: {error!r}") from None
    if isinstance(schema, str) and schema.startswith("modelcheck-results-"):
        raise SelectionError(f"{shown} is of another version: {schema}, not {SCHEMA}")
    return None


def _read_variant(value: dict[str, Any]) -> Known:
    if "verdict" not in value:
        return Known("", {}, {}, ())
    violated = {_name_violation(v): int(v["depth"]) for v in value["violated"]}
    counts = {
        key: Counts(int(c["states"]), int(c["transitions"]), c["depth"])
        for key, c in value["counts"].items()
    }
    return Known(str(value["verdict"]), violated, counts, split_scope(value["scope"]))


def _name_violation(value: dict[str, Any]) -> str:
    return f"{value['property']}({value['object']})" if value["object"] else value["property"]
