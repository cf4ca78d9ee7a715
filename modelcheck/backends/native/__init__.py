"""The backend `native`: a program's steps as C, compiled and run as a process of its own."""
