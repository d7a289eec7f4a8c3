"""The rules of the house that a reader would otherwise have to remember."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("logistics", "labels", "api", "migrations", "seed")
LONGEST_FILE, LONGEST_FUNCTION = 300, 60

# Each with the reason why it is easier to read in one piece.
LONG_FILES = {
    "logistics/__main__.py": "one command after another; what an operator can say is looked up in one place",
    "logistics/rules/permissions.py": "one row after another; who may do what is looked up in one place",
    "api/wire.py": "one struct after another; what crosses HTTP is looked up in one place",
}
LONG_FUNCTIONS: dict[str, str] = {}


def sources() -> list[Path]:
    found = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    # A migration is history: it is written once, and is as long as its change.
    return [path for path in found if "versions" not in path.parts]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name(path)}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def lock() -> list[str]:
    """The entries of the lock, each with its hashes on the following lines."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return [entry for entry in re.split(r"\n(?=[a-z0-9])", text) if entry.strip()]


def test_imports_go_only_downwards() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, (
        "An import climbs or leaves its layer. Move what is needed down to a layer both may import, or pass it in"
        f" as an argument; .importlinter names the layers.\n{done.stdout}{done.stderr}"
    )


def test_every_package_is_under_the_import_rules() -> None:
    declared = (ROOT / ".importlinter").read_text(encoding="utf-8")

    missing = [package for package in PACKAGES if f"\n    {package}\n" not in declared]

    assert not missing, f"Add {missing} to root_packages in .importlinter."


def test_files_stay_short() -> None:
    long = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    long = {file: lines for file, lines in long.items() if lines > LONGEST_FILE}

    assert set(long) == set(LONG_FILES), (
        f"Over {LONGEST_FILE} lines: {long}. Split what does two jobs, or add it to LONG_FILES with a reason;"
        " take out what is short again."
    )


def test_functions_stay_short() -> None:
    long = {f: lines for path in sources() for f, lines in functions(path) if lines > LONGEST_FUNCTION}

    assert set(long) == set(LONG_FUNCTIONS), (
        f"Over {LONGEST_FUNCTION} lines: {long}. Name a part of it and move it out, or add it to LONG_FUNCTIONS"
        " with a reason; take out what is short again."
    )


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "managers"}

    found = [name(path) for path in sources() if path.stem in drawers]

    assert not found, f"{found}: name the module after the one thing it holds."


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_of_code_is_a_package(package: str) -> None:
    folders = {path.parent for path in sources() if path.is_relative_to(ROOT / package)}

    missing = [name(folder) for folder in folders if not (folder / "__init__.py").exists()]

    assert not missing, f"Add an __init__.py with a sentence to {missing}, or it is not installed."


def test_every_locked_requirement_has_its_hashes() -> None:
    without = [entry.split()[0] for entry in lock() if "--hash=sha256:" not in entry]

    assert lock()
    assert not without, f"{without} could be replaced unnoticed. Run: make lock"


def test_the_lock_names_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    found = re.findall(r"\S+://\S+|--\S*(?:index|find-links)\S*", text)

    assert not found, f"{found}: a lock that names an index works on one network only. Run: make lock"


def test_every_requirement_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    locked = {re.split(r"[=\s]", entry, maxsplit=1)[0] for entry in lock()}

    missing = [item for item in wanted if re.split(r"[^\w-]", item, maxsplit=1)[0].lower() not in locked]

    assert not missing, f"{missing} would not be installed. Run: make lock"


def test_every_make_target_that_is_documented_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][\w-]*):", makefile, re.MULTILINE))
    texts = [path for path in (ROOT / "README.md", ROOT / ".ci" / "run") if path.exists()]
    written = {
        found
        for path in texts
        for found in re.findall(
            r"(?:^|`|\$ )make ([a-z][\w-]*)", path.read_text(encoding="utf-8"), re.MULTILINE
        )
    }

    assert written <= targets, f"Add to the Makefile, or take out of the text: {sorted(written - targets)}"


def test_no_password_stands_in_the_compose_file() -> None:
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")

    given = re.findall(r"PASSWORD: (.+)", compose)

    assert given
    assert all(value.startswith("${") and ":?" in value for value in given), (
        "Require it from the environment."
    )


def test_the_image_gets_neither_history_nor_data_nor_tests() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    copied = re.findall(r"^COPY (.+) \S+$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)

    assert {".git", "data", "out"} <= set(ignored)
    assert {name for line in copied for name in line.split()} == {
        *PACKAGES,
        "requirements.lock",
        "pyproject.toml",
        "README.md",
    }, "Name what the service needs, one by one."
