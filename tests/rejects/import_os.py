"""Nothing of Python is part of the language."""

from modelcheck.lang import spec

spec("import-os")

import os  # E: MC101
from os import system  # E: MC102
