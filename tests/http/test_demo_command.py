"""`logistics demo` as an operator runs it: a real server process, a real database, papers and evidence left behind."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from logistics.ledger.verify.check import verify_export
from logistics.rules import passwords
from logistics.rules.permissions import Role
from seed.demo import accounts


def test_the_demo_command_leaves_a_balanced_day_its_papers_and_its_log(tmp_path: Path) -> None:
    environment = {**os.environ, "DATA_DIR": str(tmp_path / "data")}

    done = subprocess.run(
        [sys.executable, "-m", "logistics", "demo", "--out", str(tmp_path / "out")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "GOOD" in done.stdout.splitlines()[-1]
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert len(summary["sites"]) == 13
    assert all(site["dispatched"] == site["received"] + site["missing"] for site in summary["sites"])
    papers = {path.name.partition("-")[0] for path in (tmp_path / "out").glob("P*.pdf")}
    assert papers == {"P1", "P2", "P2A", "P23", "P3", "P4", "P5", "P6"}
    assert verify_export(tmp_path / "out" / "custody-export").verified


def test_the_service_starts_twice_on_one_directory_and_keeps_its_day(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    environment = {**os.environ, "DATA_DIR": str(tmp_path / "data"), "PORT": port}
    said = []
    for _ in range(2):
        with subprocess.Popen(
            [sys.executable, "-m", "logistics", "serve"], env=environment, stdout=subprocess.PIPE, text=True
        ) as service:
            assert service.stdout is not None
            lines = []
            for line in service.stdout:
                lines.append(line)
                if line.startswith("Look at"):
                    break
            service.terminate()
            service.wait(60)
        said.append("".join(lines))

    assert "First start" in said[0]
    assert "Ready" in said[0]
    assert "First start" not in said[1]
    assert "Ready" in said[1]
    assert all(f"http://127.0.0.1:{port}/docs" in printed for printed in said)
    keys = accounts.kept(tmp_path / "data")
    assert keys is not None
    for printed in said:
        shown = {role: tuple(rest) for role, *rest in ACCOUNT.findall(printed)}
        assert set(shown) == {role.value for role in Role if role is not Role.SERVICE}
        for person, password, code in shown.values():
            held = keys.people[person]
            assert password == held.password
            assert code in _codes_of_late(held.secret), "the code of the moment at which it was printed"
    assert len({held.password for held in keys.people.values()}) == len(keys.people), "by chance, each"


# A line for each role: role, person, password, code.
ACCOUNT = re.compile(r"^  (\w+) +(P\w+)  ([A-Z-]{35})  (\d{6})  ", re.M)


def _codes_of_late(secret: str) -> set[str]:
    """What an authenticator showed in the last hour: a busy machine takes its time to be ready."""
    now = datetime.now(UTC)
    return {passwords.code_at(secret, now - timedelta(seconds=30 * step)) for step in range(-1, 120)}
