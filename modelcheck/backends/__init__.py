"""The backends: ways of running a program; their agreement is the main test of each."""
