"""Reductions: what a search may leave out without changing a verdict."""
