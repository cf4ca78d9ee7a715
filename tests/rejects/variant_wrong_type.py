"""A flag is True or False."""

from modelcheck.lang import flag, spec, variant

spec("variant-wrong-type")

fast = flag(True)

variant("slow", fast=3)  # E: MC324
