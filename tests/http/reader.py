"""Somebody at a browser without scripts."""

from __future__ import annotations

import re

import httpx
from litestar import Litestar

from tests.sessions import BASE, headers_of

HTML = {"Accept": "text/html"}


class Reader:
    """Somebody at a browser without scripts: reads pages, sends their forms, follows where they lead."""

    def __init__(self, app: Litestar) -> None:
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
        self.client = httpx.AsyncClient(transport=transport, base_url=BASE, follow_redirects=True)

    async def see(self, path: str, by: str, status: int = 200) -> str:
        answer = await self.client.get(path, headers=HTML | headers_of(by))
        assert answer.status_code == status, answer.text
        return answer.text

    async def post(self, path: str, by: str, **fields: str) -> httpx.Response:
        """What a form is answered at once."""
        said = headers_of(by)
        return await self.client.post(
            path, headers=HTML | said, data={"csrf": said["X-CSRF-Token"], **fields}, follow_redirects=False
        )

    async def send(self, path: str, by: str, **fields: str) -> str:
        said, answer = headers_of(by), await self.post(path, by, **fields)
        assert answer.status_code in (200, 201, 303), answer.text
        if answer.status_code != 303:
            return answer.text
        cookies = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
        followed = await self.client.get(
            answer.headers["location"], headers=HTML | said | {"Cookie": f"{said['Cookie']}; {cookies}"}
        )
        assert followed.status_code == 200, followed.text
        return followed.text


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())
