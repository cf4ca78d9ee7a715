"""The tool itself is no library."""

from modelcheck.lang import spec

spec("import-modelcheck-internals")

from modelcheck.frontend import parse  # E: MC102
from modelcheck import kernel  # E: MC102
