"""Which failures a spec silences: a check everywhere, or on single declarations (`allow`)."""

from __future__ import annotations

from modelcheck.export.promela.expressions import Env, Speaker
from modelcheck.export.promela.words import Value
from modelcheck.ir.nodes import ObjectRoot, Place, PointerRoot
from modelcheck.ir.types import Embedded, ValueType


class Silence:
    """Says whether a failure counts."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker
        allows = speaker.program.allows
        self._everywhere = frozenset(a.check for a in allows if not a.on)
        self._on = {(a.check, a.on) for a in allows if a.on}

    def is_everywhere(self, check: str) -> bool:
        """Whether a check is silenced altogether."""
        return check in self._everywhere

    def is_partial(self, check: str) -> bool:
        """Whether a check is silenced on some declarations only."""
        return any(name == check for name, _ in self._on)

    def is_silenced(self, check: str, declaration: str) -> bool:
        """Whether a check is silenced for a declaration."""
        return check in self._everywhere or (check, declaration) in self._on

    def say(self, check: str, place: Place | None, env: Env) -> Value:
        """Whether a check is silenced for what a place is in (Bool)."""
        if check in self._everywhere:
            return 1
        if place is None or not self.is_partial(check):
            return 0
        memory = self._speaker.memory
        found: ValueType = memory.lookup.root_type(place.root)
        kept, struct = 0, found.struct if isinstance(found, Embedded) else ""
        for i, part in enumerate(place.path):
            found = memory.lookup.inner_type(found, part)
            if isinstance(found, Embedded):
                kept, struct = i + 1, found.struct
        rest = place.path[kept] if kept < len(place.path) else ""
        own = {f"{struct}.{rest}"} if isinstance(rest, str) and rest else set[str]()
        root = place.root
        own |= {root.object} if isinstance(root, ObjectRoot) else set()
        own |= {struct} if struct else set()
        if any(self.is_silenced(check, name) for name in own):
            return 1
        if not struct:
            return 0
        table = tuple(
            int(any(self.is_silenced(check, name) for name in (*p.names, p.label)))
            for p in memory.places(struct)
        )
        if not any(table):
            return 0
        cut = Place(root, place.path[:kept])
        pointer = self._speaker.address(memory.pointer_number(cut), env)
        listed = [self._speaker.is_equal(pointer, i + 1) for i, hit in enumerate(table) if hit]
        silenced = 1 if 1 in listed else " || ".join(str(x) for x in listed if x != 0)
        if isinstance(silenced, str) and isinstance(root, PointerRoot):
            # Behind a null pointer is nothing, so nothing is silenced there.
            base = self._speaker.dialect.text(self._speaker.say(root.pointer, env))
            return f"({base} != 0 && ({silenced}))" if silenced else 0
        return f"({silenced})" if isinstance(silenced, str) and silenced else silenced or 0
