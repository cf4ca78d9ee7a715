"""One row of the table of error codes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A rule with its reason and two examples, which are specs without their imports.

    `described`: the examples are no text of a spec but say in words what is meant (a directory,
    bytes that are no text, a file of 10^5 lines).
    """

    code: str
    rule: str
    reason: str
    bad: str
    good: str
    described: bool = False

    @property
    def titles(self) -> tuple[str, str]:
        """What the bad example is, and the good one."""
        return ("Warned about" if self.code >= "MC5" else "Refused", "Accepted")


def in_thread(body: str, before: str = "n = shared(U8)\n") -> str:
    """An example whose point is a few lines of a thread."""
    lines = "".join(f"    {line}".rstrip() + "\n" for line in body.strip("\n").split("\n"))
    return f"{before}\n@thread\ndef work():\n{lines}"
