"""Small programs in the text form, as the passes receive them."""

from modelcheck.backends.python.model import Model, compile_program
from modelcheck.ir.nodes import Program
from modelcheck.ir.passes import run_passes
from modelcheck.ir.text import parse_program


def make_program(text: str, *, header: str = 'program "test"', after: str = "prune") -> Program:
    """The program that a text without its first line says, after all passes or up to one."""
    if "\ninitial" not in text:
        declarations, mark, properties = text.partition("\nproperty ")
        initial = "\ninitial\n  entry go\n  block go\n    end\n"
        text = f"{declarations}\n{initial}{mark}{properties}"
    return run_passes(parse_program(f"{header}\n{text}"), after=after)


def make_model(text: str, *, after: str = "prune") -> Model:
    return compile_program(make_program(text, after=after))


def increments(threads: int, rounds: int) -> Program:
    """Each thread loads and stores a marked word, some rounds in turn: lost updates galore."""
    lines = ["object counter: shared U8", "", f"template add count {threads}"]
    lines += ["  entry b0", '  local %x: U8 shown "x"']
    for i in range(rounds):
        lines += [
            f"  block b{2 * i}",
            '    step "x = counter" ; inc.py:3:1',
            "    %x = load once counter",
            f"    jump b{2 * i + 1}",
            f"  block b{2 * i + 1}",
            '    step "counter = x + 1" ; inc.py:4:1',
            "    store once counter = wrap8((%x + 1:U8):U8):U8",
            f"    jump b{2 * i + 2}",
        ]
    lines += [f"  block b{2 * rounds}", "    end"]
    return make_program("\n".join(lines))
