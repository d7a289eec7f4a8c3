"""`logistics ask`: every question an auditor may ask, at the command line, and each of them in the log."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from logistics.__main__ import main
from logistics.asking import QUESTIONS
from logistics.store.database import Database, driver
from logistics.store.server import Server
from logistics.work.views import MARK
from seed.load import person_code, vault_code
from tests.conftest import clone

AUDITOR = person_code(0, 99)


@dataclass
class Asked:
    """A day that was played, and the command that asks about it."""

    said: pytest.CaptureFixture[bytes]
    runner: asyncio.Runner
    database: Database

    def ask(self, *arguments: str, by: str = AUDITOR) -> list[dict[str, Any]]:
        assert main(["ask", *arguments, "--by", by]) == 0, self.said.readouterr().err
        return [json.loads(line) for line in self.said.readouterr().out.splitlines()]

    def one(self, query: str) -> Any:
        async def fetch() -> Any:
            async with self.database.read() as session:
                return await (await driver(session)).fetchval(query)

        return self.runner.run(fetch())


@pytest.fixture
def asked(
    server: Server,
    played_template: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> Iterator[Asked]:
    with asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        database = runner.run(stack.enter_async_context(clone(server, played_template)))
        monkeypatch.setenv("DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
        monkeypatch.setenv("DATA_DIR", str(tmp_path))
        monkeypatch.setenv("LOGISTICS_CLOCK", "2026-11-25T09:00+09:00")
        yield Asked(capfdbinary, runner, database)
        runner.run(stack.aclose())


def test_every_question_is_answered_and_each_is_an_entry(asked: Asked) -> None:
    card = asked.one("SELECT code FROM card WHERE state = 'stored' ORDER BY code LIMIT 1")
    place = asked.one("SELECT place FROM card WHERE state = 'stored' ORDER BY code LIMIT 1")
    occurred = asked.one("SELECT max(occurred_at) FROM entry").isoformat()

    entries = asked.ask("entries", "--card", card)
    (held,) = asked.ask("holder", "--card", card, "--at", occurred)
    contents = asked.ask("contents", "--place", place, "--at", occurred)
    (balance,) = asked.ask("balance", "--place", place, "--day", occurred[:10])
    refused = asked.ask("refused")
    late, gaps = asked.ask("late", "--minutes", "1"), asked.ask("gaps", "--minutes", "1")

    assert entries[0]["act"] == "expect"
    assert (held["card"], held["state"], held["place"], held["custodian"]) == (card, "stored", place, place)
    assert card in {item["card"] for item in contents}
    assert (balance["balanced"], balance["closing"]) == (True, len(contents))
    assert {item["outcome"] for item in refused}
    assert (late, gaps) == ([], [])
    questions = asked.ask("entries", "--act", "ask")
    said = [json.loads(entry["body"])["facts"]["question"] for entry in questions]
    assert sorted(said) == sorted(QUESTIONS)


def test_an_answer_may_be_had_as_a_csv_view_in_shift_jis(asked: Asked) -> None:
    assert main(["ask", "refused", "--by", AUDITOR, "--format", "csv", "--charset", "shift_jis"]) == 0

    lines = asked.said.readouterr().out.decode("cp932").split("\r\n")
    assert lines[0] == MARK
    assert lines[1].startswith("entry,scan,purpose,")


MEANINGLESS = [
    (["holder"], "give one of card"),
    (["contents", "--place", "L01F", "--vault", vault_code(1, 1)], "give one of place, vault, slot"),
    (["balance"], "give one of place, batch"),
    (["entries", "--card", "C0XK3WYPM0"], "card"),
    (["entries", "--outcome", "fine"], "outcome"),
    (["late", "--minutes", "0"], "minutes"),
    (["holder", "--card", "C0XK3WYPMU"], "C0XK3WYPMU"),
]


def test_questions_that_mean_nothing_or_come_from_others_are_refused_and_are_no_entries(asked: Asked) -> None:
    wrong = {}
    for arguments, said in MEANINGLESS:
        code = main(["ask", *arguments, "--by", AUDITOR])
        err = asked.said.readouterr().err.decode()
        if code != 2 or said not in err:
            wrong[tuple(arguments)] = code, err

    assert wrong == {}
    assert main(["ask", "entries", "--by", person_code(1, 2)]) == 2
    assert asked.said.readouterr().out == b""
    assert asked.one("SELECT count(*) FROM entry WHERE act = 'ask'") == 0
