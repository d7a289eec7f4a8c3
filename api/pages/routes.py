"""Every page of the service; a new module of pages is a line here."""

from __future__ import annotations

from api.pages import board, cards, home, html, scanning, signing_in

ROUTERS = [
    home.router,
    signing_in.router,
    board.router,
    scanning.router,
    cards.router,
    html.static_files(),
]
