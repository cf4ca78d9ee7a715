"""A near miss is named."""

from modelcheck.lang import flag, spec, variant

spec("variant-unknown-setting")

fast = flag(True)

variant("slow", fats=False)  # E: MC322
