"""MC4xx: what is too large, stored traces, and what is said of mutants."""

from __future__ import annotations

from modelcheck.codes.row import Code, in_thread

ROWS: tuple[Code, ...] = (
    Code(
        "MC401",
        "a trace file is what `check -o` wrote, whole and of this version",
        "Whatever is missing or of another kind is named; nothing of the file is used.",
        "a file that was cut off, or any other JSON",
        "the file as `modelcheck check SPEC -o DIR` wrote it",
        described=True,
    ),
    Code(
        "MC402",
        "a trace is replayed on the text of the spec that it was made of",
        "On another text the same moves would show something else than what was found.",
        "a trace, then an edit of the spec, then `modelcheck replay` of that trace",
        "`modelcheck check SPEC -o DIR` again after the edit",
        described=True,
    ),
    Code(
        "MC403",
        "a thread has a bounded number of steps",
        "Calls are inlined and loops over ranges and arrays unrolled.",
        "nested loops of 1,000 rounds each with an access inside",
        "a `while` loop with a local that counts",
        described=True,
    ),
    Code(
        "MC404",
        "numbers fit in 64 bits",
        "Arithmetic is exact, so what could leave 64 bits is refused. Bound the operands.",
        in_thread("x: U32 = READ_ONCE(n)\ny = x * x * x", "n = shared(U32)\n"),
        in_thread("x: U16 = READ_ONCE(n)\ny = x * x * x", "n = shared(U16)\n"),
    ),
    Code(
        "MC405",
        "a set has at most 63 possible elements",
        "It is stored as one bit per possible element.",
        "@struct\nclass Table:\n    seen: Set[Int] = between(0, 99)\n\n\nt = shared(Table)\n",
        "@struct\nclass Table:\n    seen: Set[Int] = between(0, 9)\n\n\nt = shared(Table)\n",
    ),
    Code(
        "MC406",
        "a loop over a range has at most 4,096 rounds",
        "Such loops are unrolled before the program runs.",
        in_thread("for i in range(100000):\n    READ_ONCE(n)"),
        in_thread("for i in range(10):\n    READ_ONCE(n)"),
    ),
    Code(
        "MC407",
        "a loop of local work ends",
        "No other thread could ever see that it goes on.",
        in_thread("READ_ONCE(n)\nwhile True:\n    pass"),
        in_thread("while True:\n    READ_ONCE(n)"),
    ),
    Code(
        "MC410",
        "a spec has at most 20,000 lines and 1 MiB",
        "A spec is a small model; nothing of a larger size could be explored.",
        "a file of 100,000 lines",
        "several files, each with its own routine",
        described=True,
    ),
    Code(
        "MC411",
        "expressions and blocks nest at most 100 levels deep",
        "Each operator, call, bracket and `elif` is a level; no reader follows that many.",
        "`x = ((((…1…))))` with 10,000 brackets, or 10,000 terms with `+` between them",
        "parts named by assignments or routines, `match` in place of a long chain of `elif`",
        described=True,
    ),
    Code(
        "MC420",
        "a comment `# mutate:` says which mutants survive, and why",
        "`modelcheck mutate` counts a survivor that is explained as killed; what it cannot read is"
        " no explanation.",
        "`f.n = 1  # mutate: survives drop-stpe: nobody asks`, and a comment without a reason",
        "`f.n = 1  # mutate: survives drop-step, swap: nobody asks` in the spec",
        described=True,
    ),
)
