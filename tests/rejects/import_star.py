"""A star hides what it brings."""

from modelcheck.lang import spec

spec("import-star")

from modelcheck.kernel import *  # E: MC103
from . import *  # E: MC103
