"""The other half of import_cycle.py."""

from modelcheck.lang import U8, shared

from .import_cycle import n  # E: MC205

other = shared(U8)
