"""Every page of the service; a new module of pages is a line here."""

from __future__ import annotations

from api.pages import (
    account,
    approving,
    archive,
    auditing,
    board,
    cards,
    differences,
    enrolling,
    home,
    html,
    leaving,
    manual_entry,
    packing,
    receipts,
    scanning,
    signing_in,
    supplies,
    unpacking,
    vaults,
)

ROUTERS = [
    home.router,
    signing_in.router,
    enrolling.router,
    account.router,
    board.router,
    scanning.router,
    unpacking.router,
    packing.router,
    leaving.router,
    receipts.router,
    vaults.router,
    supplies.router,
    cards.router,
    differences.router,
    archive.router,
    auditing.router,
    approving.router,
    approving.proving,
    manual_entry.router,
    html.static_files(),
]
