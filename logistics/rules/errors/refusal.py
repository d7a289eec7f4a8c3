"""What every refusal is: a class built from facts; its docstring is the title of the problem.

An error knows no HTTP. `en` and `ja` say what is wrong and what to do next, with the facts filled in; the
attributes are the facts. `field` names the part of the request that is at fault, where there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

MOST_LISTED = 10


@dataclass(eq=False)
class DomainError(Exception):
    """The request was refused."""

    en: ClassVar[str]
    ja: ClassVar[str]

    def facts(self) -> dict[str, Any]:
        """The facts the error was built from, by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def said(self, template: str) -> str:
        """`template` with the facts filled in, long lists shortened."""
        return template.format_map({name: _shown(value) for name, value in self.facts().items()})

    @property
    def message(self) -> str:
        """In English: what is wrong, what to do next."""
        return self.said(self.en)

    @property
    def message_ja(self) -> str:
        """The same sentence in Japanese, for the screen."""
        return self.said(self.ja)

    def __str__(self) -> str:
        return self.message


def _shown(value: object) -> str:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return str(value)
    shown = ", ".join(str(item) for item in value[:MOST_LISTED])
    return f"{shown} …(+{len(value) - MOST_LISTED})" if len(value) > MOST_LISTED else shown
