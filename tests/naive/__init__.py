"""An explorer written twice: the meaning of a program as `docs/ir.md` tells it, and nothing else.

It shares no code with the real one (the node classes and the meanings of the operators apart) and
is obvious rather than fast: states are dictionaries with names for keys, a step is run by walking
the tree, and a choice is made by running the step again from its beginning.
"""

from naive.explore import Findings as Findings
from naive.explore import TooManyStates as TooManyStates
from naive.explore import explore as explore
