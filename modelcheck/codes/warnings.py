"""MC5xx: what is accepted, and worth a look."""

from __future__ import annotations

from modelcheck.codes.row import Code, in_thread

ROWS: tuple[Code, ...] = (
    Code(
        "MC501",
        "an `atomic` that does more than one instruction could says why",
        "One instruction loads and stores one place. An `atomic` over several places, with two"
        " stores, or around a routine that is a step of its own, hides every state in between. That"
        " is right where a lock keeps all others out; else the proof is about another program. A"
        " warning changes no verdict and no exit code.",
        in_thread(
            "global used, free_\nwith atomic():\n    used += 1\n    free_ -= 1",
            "used = shared(U8)\nfree_ = shared(U8, 3)\n",
        ),
        in_thread(
            "global used, free_\n"
            'with atomic(because="under a lock that every reader takes"):\n'
            "    used += 1\n    free_ -= 1",
            "used = shared(U8)\nfree_ = shared(U8, 3)\n",
        ),
    ),
)
