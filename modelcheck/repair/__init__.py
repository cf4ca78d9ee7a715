"""Which settings of a spec, switched on together, make it verified: the search for a fix."""
