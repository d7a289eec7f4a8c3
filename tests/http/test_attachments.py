"""Photos and scans: attached to incidents, differences and destructions, hashed into the log, handed out to be saved."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import httpx
from PIL import Image

from logistics.store.database import Database
from tests.http import disposing
from tests.http.day import Clerk, Day
from tests.http.rows import contents, one
from tests.http.test_incidents import REPORT
from tests.pure.labels_paper import texts

JPEG = {"Content-Type": "image/jpeg"}


def photo(colour: str = "red") -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "where it was taken"
    Image.new("RGB", (64, 48), colour).save(out, "JPEG", exif=exif)
    return out.getvalue()


async def attach(
    by: Clerk, kind: str, subject: str, content: bytes, name: str = "現場.jpg"
) -> httpx.Response:
    query = {"subject_type": kind, "subject": subject, "name": name}
    return await by.ask("POST", "/attachments", params=query, content=content, headers=JPEG)


async def test_a_photo_is_hashed_into_the_log_and_leaves_to_be_saved_alone(
    day: Day, database: Database
) -> None:
    site, received = day.site(1), photo()
    code = (await site.clerk.post("/incidents", REPORT))["code"]

    made: Any = (await attach(site.clerk, "incident", code, received, "../../<b>.html")).json()
    assert "id" in made, made
    answer = await day.city.ask("GET", f"/attachments/{made['id']}/file")

    assert (made["name"], made["media_type"]) == ("b.jpg", "image/jpeg")
    assert made["received_sha256"] == hashlib.sha256(received).hexdigest()
    assert made["sha256"] == hashlib.sha256(answer.content).hexdigest() != made["received_sha256"]
    assert b"where it was taken" not in answer.content
    body = json.loads(str(await one(database, "SELECT body FROM entry WHERE act = 'attach_file'")))
    assert (body["facts"]["sha256"], body["facts"]["received_sha256"]) == (
        made["sha256"],
        made["received_sha256"],
    )
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["content-type"] == "image/jpeg"
    assert (await day.site(2).leader.ask("GET", f"/attachments/{made['id']}/file")).status_code == 404
    assert (await attach(day.site(2).leader, "incident", code, received)).status_code == 404
    listed = await site.leader.ask(
        "GET", "/attachments", params={"subject_type": "incident", "subject": code}
    )
    assert [file["sha256"] for file in listed.json()] == [made["sha256"]]


async def test_what_is_refused_leaves_nothing(day: Day, database: Database) -> None:
    site = day.site(1)
    code = (await site.clerk.post("/incidents", REPORT))["code"]
    before = await contents(database)

    page = await attach(site.clerk, "incident", code, b"<html>", "photo.jpg")
    large = await attach(site.clerk, "incident", code, photo() + bytes(10_100_000))
    number = await attach(site.clerk, "incident", code, photo(), "123456789018.jpg")
    other = await attach(site.clerk, "incident", "G08000001W", photo())
    closed = await attach(day.annex, "destruction", (await disposing.picked(day))[0]["code"], photo())

    assert (page.status_code, page.json()["type"]) == (400, "/problems/file-refused")
    assert (large.status_code, number.status_code, other.status_code) == (413, 400, 400)
    assert (closed.status_code, closed.json()["type"]) == (409, "/problems/proposal-not-ready")
    after = await contents(database)
    assert (after["attachment"], after["stored_file"]) == (before["attachment"], before["stored_file"])


async def test_photos_of_a_destruction_are_on_its_certificate(day: Day) -> None:
    proposal, (card,) = await disposing.picked(day, photos_requested=True)
    early = await attach(day.annex, "destruction", proposal["code"], photo("blue"), "前回.jpg")
    assert early.status_code == 409, "nothing is being destroyed yet"
    await disposing.begin(day, proposal, 1)
    await disposing.destroy(day, proposal, [card])
    bare = await day.annex.refused(f"/proposals/{proposal['code']}/finish", {"remaining": 0, "photos": []})
    assert bare["type"] == "/problems/proposal-not-ready"
    kept: list[Any] = [
        (await attach(day.annex, "destruction", proposal["code"], photo(colour), name)).json()
        for colour, name in (("red", "投入前.jpg"), ("green", "裁断後.jpg"))
    ]

    done = await disposing.finish(day, proposal)

    paper = await day.annex.ask("GET", f"/disposal-certificates/{done['certificate']}/certificate.pdf")
    assert paper.status_code == 200, paper.text
    text = "".join("".join(page.split()) for page in texts(paper.content))
    assert "証拠写真2点" in text
    for file in kept:
        assert f"{file['name']}SHA-256{file['sha256']}" in text
    assert (await attach(day.annex, "destruction", proposal["code"], photo())).status_code == 409
