"""A program as text, and back.

`print_program` and `parse_program` are exact inverses: a program that was printed and parsed is
equal to the first one, its spans too, and prints to the same bytes.

Names of locals begin with `%`; a place is an object (`files[%i].released`) or what a pointer of a
struct points to (`{File %p}.f_pos`); a constant says its type (`1:U8`, `None:Ptr[File]`) unless it
is a Bool or a bare number; what follows `;` is where a line comes from.
"""

from modelcheck.ir.text.read import parse_program
from modelcheck.ir.text.show import show_node
from modelcheck.ir.text.write import print_program

__all__ = ["parse_program", "print_program", "show_node"]
