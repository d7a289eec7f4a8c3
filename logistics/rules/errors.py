"""What can be refused, each a class built from facts; its docstring is the title of the problem.

An error knows no HTTP. Its message says what to do next; its attributes are the facts.
`ja` is the same sentence for the clerk's screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar


@dataclass(eq=False)
class DomainError(Exception):
    """The request was refused."""

    field: ClassVar[str | None] = None

    def facts(self) -> dict[str, Any]:
        """The facts the error was built from, by name, for the machine that reads the answer."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @property
    def message(self) -> str:
        """One English sentence or two: what is wrong, what to do next."""
        raise NotImplementedError

    @property
    def ja(self) -> str:
        """The same in Japanese, for the screen."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.message


@dataclass(eq=False)
class MyNumberRefused(DomainError):
    """A My Number must not enter this system."""

    where: str

    @property
    def message(self) -> str:
        return f"{self.where} holds a valid 12-digit My Number. Remove it; nothing was stored or logged."

    @property
    def ja(self) -> str:
        return f"{self.where} に個人番号（マイナンバー）が含まれています。取り除いてください。記録は残していません。"


@dataclass(eq=False)
class MalformedCode(DomainError):
    """The code is not one of ours."""

    where: str
    expected: str
    reason: str

    @property
    def message(self) -> str:
        return f"{self.where} is not a {self.expected} code: {self.reason}. Scan the barcode again."

    @property
    def ja(self) -> str:
        return f"{self.where} は正しいコードではありません。もう一度バーコードを読み取ってください。"


def listed(items: Sequence[str], most: int = 10) -> str:
    """`items` as a comma-separated phrase, shortened after `most`."""
    shown = ", ".join(items[:most])
    return f"{shown} and {len(items) - most} more" if len(items) > most else shown
