"""Values have no parts."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("match-structure")

n = shared(U8)


@thread
def work():
    match READ_ONCE(n):
        case [a, b]:  # E: MC129
            pass
        case {1: a}:  # E: MC129
            pass
        case U8(x=1):  # E: MC129
            pass
        case 1 as one:  # E: MC129
            pass
        case "x":  # E: MC141
            pass
        case 1.5:  # E: MC138
            pass
