"""What a generated file names by number: failing checks, and the labels of recorded orders."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelcheck.ir.regions import MAX_BLOCKS


@dataclass(frozen=True, slots=True)
class Site:
    """What a failing check says: its property and message, and of what its subject is the number:
    a pointer to `struct` (and the field `below` it), or an element of `object`.
    """

    property: str
    message: str
    struct: str = ""
    below: str = ""
    object: str = ""


DIVERGES = Site("diverges", f"more than {MAX_BLOCKS:,} blocks in one step")


@dataclass(slots=True)
class Numbers:
    """What the file names by number, in the order of first use; site 0 is always `diverges`."""

    sites: dict[Site, int] = field(default_factory=lambda: {DIVERGES: 0})
    labels: dict[str, int] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)

    def site(self, site: Site) -> int:
        """The number of a failing check."""
        return self.sites.setdefault(site, len(self.sites))

    def label(self, label: str) -> int:
        """The number of a declaration in recorded orders."""
        return self.labels.setdefault(label, len(self.labels))

    def order(self, property_: str) -> int:
        """The number of a property that orders are recorded under."""
        return self.orders.setdefault(property_, len(self.orders))
