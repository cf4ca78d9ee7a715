"""The pages draw the stories and specs of the tests of `trace`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "trace"))
