"""Every violated variant of the shipped specs as page, diagram and graph."""
