"""The backend `python`: a program's steps as Python functions.  It is the definition."""
