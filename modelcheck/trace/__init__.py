"""Traces: stored, replayed, told step by step, and drawn as text, DOT and SVG."""
