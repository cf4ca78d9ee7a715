"""`python -m modelcheck`: the same as the console script."""

from modelcheck.cli import main

main()
