"""Two things cannot be checked yet."""

from modelcheck.lang import spec, variant

spec("variant-needs-unknown")

variant("slow", needs="patience")  # E: MC320
