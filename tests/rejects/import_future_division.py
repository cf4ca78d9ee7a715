"""Only annotations come from the future."""

from __future__ import division  # E: MC102
