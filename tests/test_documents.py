"""README and its neighbours name only what exists: files, headings, settings, commands and options."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel

from capture_station.cli import app
from capture_station.config import StationSettings

CHECKOUT = Path(__file__).parent.parent
DOCUMENTS = [CHECKOUT / "README.md", *sorted((CHECKOUT / ".github").glob("*.md"))]
MOST_IMAGE_BYTES = 600_000
COMMANDS: dict[str, Any] = dict(typer.main.get_group(app).commands)


def anchors(document: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def settings(section: type[BaseModel] = StationSettings, prefix: str = "") -> Iterator[str]:
    """The dotted names of all settings and sections."""
    for name, field in section.model_fields.items():
        yield prefix + name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from settings(field.annotation, f"{prefix}{name}.")


def typed_commands(text: str) -> Iterator[str]:
    """Everything that starts with ``capture-station`` in a shell block or in backticks."""
    blocks = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    for line in (
        *blocks.splitlines(),
        *re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)),
    ):
        if line.startswith("capture-station "):
            yield line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            file = document.parent / path if path else document
            assert file.exists(), target
            assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_settings_exist(document: Path) -> None:
    known = set(settings())
    sections = set(StationSettings.model_fields)
    for name in re.findall(r"(?<![\w./-])([a-z]+(?:\.[a-z_0-9]+)+)(?![\w./-])", document.read_text(encoding="utf-8")):
        if name.split(".")[0] in sections and not name.endswith((".py", ".yaml", ".svg")):
            assert name in known, name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_and_options_exist(document: Path) -> None:
    for line in typed_commands(document.read_text(encoding="utf-8")):
        words = shlex.split(line.partition(" #")[0])[1:]
        if words[0].startswith("-"):
            assert words[0] in ("--help", "--version"), line
            continue
        assert words[0] in COMMANDS, line
        options = {name for option in COMMANDS[words[0]].params for name in option.opts} | {"--help"}
        used = {word.partition("=")[0] for word in words[1:] if word.startswith("-")}
        assert used <= options, line


def test_readme_names_every_command() -> None:
    text = DOCUMENTS[0].read_text(encoding="utf-8")
    assert not [name for name in COMMANDS if name != "version" and f"capture-station {name}" not in text]


def test_images_load_quickly() -> None:
    assert 0 < sum(file.stat().st_size for file in (CHECKOUT / ".github" / "images").iterdir()) < MOST_IMAGE_BYTES


def test_nothing_strays_into_the_top_level() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is no git checkout")
    names = {line.partition("/")[0] for line in listed.stdout.splitlines()}
    folders = {"capture_station", "models", "systemd", "tests"}
    files = {"LICENSE", "README.md", "config.yaml", "pyproject.toml"}
    assert {name for name in names if not name.startswith(".")} == folders | files
