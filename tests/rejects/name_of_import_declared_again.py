"""An import is a declaration."""

from modelcheck.lang import U8, spec, struct

spec("name-of-import-declared-again")

from modelcheck.kernel import Mutex


@struct
class Mutex:  # E: MC202
    x: U8
