"""Nothing runs while a file is read."""

from modelcheck.lang import U8, shared, spec

spec("top-level-loop")

n = shared(U8)


for i in range(3):  # E: MC105
    n = i
while True:  # E: MC105
    pass
