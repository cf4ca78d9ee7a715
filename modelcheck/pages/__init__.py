"""HTML documents, each complete in itself: a trace to walk through, the index of a gate."""
