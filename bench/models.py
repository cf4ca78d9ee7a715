"""What is measured: the models, their sizes, and the counts every tool must find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from modelcheck import api
from modelcheck.ir.layout import layout
from modelcheck.specfiles import find_spec

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

Settings = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Size:
    """One size of a model.  `states` and `transitions` are those of every tool that keeps threads
    apart and reduces nothing.
    """

    settings: Settings
    states: int
    transitions: int
    is_large: bool = False  # measured with --large and --huge only
    is_huge: bool = False  # with --huge only

    @property
    def shown(self) -> str:
        """`4x3`: the settings without their names."""
        return "x".join(map(str, self.settings.values()))


@dataclass(frozen=True, slots=True)
class Model:
    """A spec and the peers' models of the same steps.

    `least` is a size of almost no states: what it costs, every run costs.
    `has_symmetry`: the peers' model does not tell the threads apart.
    `depth`: no path is longer than this, whatever a tool takes for a step; None: one may visit
    every state.
    """

    name: str
    spec: Path
    least: Settings
    sizes: tuple[Size, ...]
    has_symmetry: bool = False
    depth: int | None = 10_000

    def file(self, suffix: str) -> Path | None:
        """The peers' model with that suffix, if there is one."""
        name = self.name.capitalize() if suffix == ".tla" else self.name
        path = HERE / "models" / f"{name}{suffix}"
        return path if path.exists() else None


def find_state_bytes(model: Model, settings: Settings) -> int:
    """How many bytes a state of ours takes, packed."""
    spec = api.load_spec(find_spec(str(model.spec)))
    return layout(api.make_program(spec, spec.info.default, settings)).state_bytes


def _count_to(rounds: int, *, is_large: bool = True, is_huge: bool = False) -> Size:
    """Four threads of counters.py: their counts are a formula."""
    states = (rounds + 1) ** 4
    settings = {"threads": 4, "rounds": rounds}
    return Size(settings, states, 4 * rounds * (rounds + 1) ** 3, is_large, is_huge)


MODELS = (
    Model(
        "increments",
        ROOT / "specs/classics/increments.py",
        {"threads": 1, "rounds": 1},
        (
            Size({"threads": 3, "rounds": 3}, 7_646, 18_843),
            Size({"threads": 3, "rounds": 4}, 42_237, 110_595),
            Size({"threads": 4, "rounds": 4}, 3_892_125, 13_955_872, is_large=True),
        ),
        has_symmetry=True,
    ),
    Model(
        "krefs",
        HERE / "specs/krefs.py",
        {"threads": 1},
        (
            Size({"threads": 3}, 2_964, 7_769),
            Size({"threads": 4}, 22_628, 71_859),
            Size({"threads": 5}, 172_996, 646_529),
            Size({"threads": 6}, 1_322_388, 5_692_427, is_large=True),
            Size({"threads": 7}, 10_087_316, 49_183_401, is_large=True),
            # Counted by us alone; no peer has held so many.
            Size({"threads": 8}, 76_683_460, 417_837_923, is_huge=True),
        ),
        has_symmetry=True,
    ),
    Model(
        "phils",
        HERE / "specs/phils.py",
        {"threads": 2},
        (
            Size({"threads": 8}, 6_560, 34_984),
            Size({"threads": 10}, 59_048, 393_650, is_large=True),
            Size({"threads": 12}, 531_440, 4_251_516, is_large=True),
        ),
        depth=None,
    ),
    Model(
        "filter",
        HERE / "specs/filter.py",
        {"threads": 2},
        (
            Size({"threads": 4}, 14_844, 44_120),
            Size({"threads": 5}, 344_805, 1_205_325, is_large=True),
        ),
        depth=None,
    ),
    Model(
        "counters",
        HERE / "specs/counters.py",
        {"threads": 1, "rounds": 1},
        (
            _count_to(9, is_large=False),  # 10^4
            _count_to(31),  # 1.05 * 10^6
            _count_to(56),  # 1.06 * 10^7
            _count_to(99, is_huge=True),  # 10^8
            _count_to(141, is_huge=True),  # 4.07 * 10^8
        ),
    ),
)
