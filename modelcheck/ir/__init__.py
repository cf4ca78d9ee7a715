"""The program: nodes, types, operators, memory, checker, text form and passes."""
