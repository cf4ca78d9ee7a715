"""The program in another language."""
