"""From the syntax of routines to graphs: each layer adds one part of the language.

`context` (frames, modes) → `places` (loads, stores, checks) → `expressions` → `calls` (inlining)
→ `intrinsics` (what `modelcheck.lang` offers) → `statements`.
"""
