"""A model checker for the concurrency of kernel routines."""
