"""The operator's command, as far as it needs no database."""

from __future__ import annotations

import socket

import pytest

from logistics.__main__ import COMMANDS, main
from logistics.rules import lifecycle


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_subcommand_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main([command, "--help"])

    assert leaving.value.code == 0
    assert len(capsys.readouterr().out.splitlines()) > 3


def test_the_diagram_is_drawn_from_the_lifecycle(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagram", "batch"]) == 0

    assert capsys.readouterr().out == lifecycle.BATCH.mermaid() + "\n"


def test_the_calendar_leaves_out_holidays(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calendar", "2026-05"]) == 0

    days = capsys.readouterr().out.splitlines()
    assert days[:2] == ["2026-05-01 Fri", "2026-05-07 Thu"]


def test_serve_refuses_every_address_but_loopback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOST", "0.0.0.0")  # noqa: S104 - refused

    assert main(["serve"]) == 2
    assert "HOST: '0.0.0.0' can be reached from other machines" in capsys.readouterr().err


def test_serve_says_at_once_that_the_port_is_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("PORT", str(other.getsockname()[1]))

        assert main(["serve"]) == 2

    assert "PORT: cannot listen on" in capsys.readouterr().err


def test_a_bad_setting_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://somewhere/else")

    assert main(["migrate"]) == 2
    assert capsys.readouterr().err.startswith("logistics: DATABASE_URL: ")
