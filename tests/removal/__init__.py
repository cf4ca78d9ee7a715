"""Remove each step of a spec's own routines; each removal must be noticed, or named redundant."""
