"""`python -m tests.pages [SPEC…]`: write every violated variant; 1 if one has a fault."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.browser import Browser, find_chromium
from tests.pages.write import write_all

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    paths = [Path(argument) for argument in sys.argv[1:]] or sorted(ROOT.glob("specs/*/*.py"))
    count = failed = 0
    browser = Browser() if find_chromium() else None
    try:
        for path in paths:
            for name, faults in write_all(path, browser):
                count += 1
                failed += bool(faults)
                for fault in faults:
                    print(f"{name}: {fault}", flush=True)
    finally:
        if browser is not None:
            browser.close()
    walked = "and walked through" if browser is not None else "(there is no Chromium to walk them)"
    print(f"{count} traces written {walked}, {failed} with faults")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
