"""Writers of results: pure functions of what a run found."""
