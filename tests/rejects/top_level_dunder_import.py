"""No module is loaded."""

from modelcheck.lang import spec

spec("top-level-dunder-import")

os = __import__("os")  # E: MC105
__import__("os").system("touch pwned")  # E: MC105
