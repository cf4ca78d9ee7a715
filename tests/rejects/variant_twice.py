"""Variants have names of their own."""

from modelcheck.lang import flag, spec, variant

spec("variant-twice")

fast = flag(True)

variant("slow", fast=False)
variant("slow", fast=True)  # E: MC317
