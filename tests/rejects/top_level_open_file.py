"""No file is opened."""

from modelcheck.lang import spec

spec("top-level-open-file")

data = open("/etc/passwd")  # E: MC105
