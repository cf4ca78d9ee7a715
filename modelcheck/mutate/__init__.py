"""What a spec's properties notice: the mistakes of kernel developers, made in it one at a time.

    spec text → mutants → each parsed, lowered and explored as any spec → kills, survivors

A mutant that no property of the spec notices is a property that nobody wrote, or a step that nobody
needs; a property that notices none is suspect.  docs/mutation.md is the guide.
"""
