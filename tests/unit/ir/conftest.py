"""Being here puts this folder on the path, so that the tests below it share `small_programs`."""
