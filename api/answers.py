"""Answers that several handlers give: scan outcomes and files."""

from __future__ import annotations

from collections.abc import Sequence

from litestar import Response

from api import wire
from logistics.rules.outcomes import JAPANESE, WRONG_THING, Outcome
from logistics.work.documents import Printed
from logistics.work.scans import Answer, other_kind

_AT_FAULT = frozenset({Outcome.MALFORMED, Outcome.GUARD})


def outcomes(answers: Sequence[Answer], field: str = "scans[{}].code") -> wire.Outcomes:
    """Scan answers as they cross HTTP; a scan whose text is at fault names its field."""
    return wire.Outcomes(
        outcomes=[
            wire.ScanOut(
                id=answer.id,
                outcome=answer.outcome,
                message_ja=_message_ja(answer),
                code=answer.code,
                belongs_to=answer.belongs_to,
                reason=answer.reason,
                discrepancy=answer.discrepancy,
                field=field.format(n) if answer.outcome in _AT_FAULT else None,
                repeated=answer.repeated,
            )
            for n, answer in enumerate(answers)
        ]
    )


def _message_ja(answer: Answer) -> str:
    """What the clerk reads; a code of another kind is called by what it is."""
    if answer.outcome is Outcome.MALFORMED and (kind := other_kind(answer.reason)):
        return f"{WRONG_THING[kind]}のコードです。読み取る物を確かめてください"
    if answer.outcome is Outcome.ALREADY_PACKED and answer.belongs_to:
        return f"別の搬送袋 {answer.belongs_to} に梱包済みです"
    return JAPANESE[answer.outcome]


def pdf(printed: Printed) -> Response[bytes]:
    """A numbered paper, to be shown or saved under its catalogue code and number."""
    suffix = f"-copy{printed.copy}" if printed.copy else ""
    return file(printed.content, f"{printed.catalogue}-{printed.number}{suffix}.pdf", str(printed.copy))


def download(content: bytes, name: str, media_type: str) -> Response[bytes]:
    """A file to be saved; never kept by a browser."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


def file(content: bytes, name: str, copy: str | None = None) -> Response[bytes]:
    """PDF bytes with a name; never kept by a browser, because each print is counted."""
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    if copy is not None:
        headers["X-Document-Copy"] = copy
    return Response(content, media_type="application/pdf", headers=headers)
