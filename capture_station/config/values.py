"""The kinds of value that a setting can have: paths, addresses, colours and sizes."""

from __future__ import annotations

import os
import string
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo


class TypedText(str):
    """Text that came from the command line or the environment, not from a file."""


def _relative_to_current_folder(value: object) -> object:
    """Resolve a typed path against the current folder, as shells do."""
    if isinstance(value, TypedText) and value and "://" not in value:
        return os.path.abspath(_expand_home(Path(value)))
    return value


def _expand_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(f"there is no home folder for {path.parts[0]} here; write the whole path") from error


def _relative_to_file(path: Path, info: ValidationInfo) -> Path:
    """Resolve a path against the folder of the configuration file; ``~`` is the user's home."""
    base = (info.context or {}).get("base", Path.cwd())
    return Path(os.path.abspath(base / _expand_home(path)))


def _path_unless_url(url: str, info: ValidationInfo) -> str:
    """Resolve a URL without a scheme such as ``rtsp://`` as the path of a file."""
    return url if not url or "://" in url else str(_relative_to_file(Path(url), info))


def _listen_address(text: str) -> str:
    """Accept ``auto``, ``none``, ``unix:/path`` and ``host:port`` with IPv6 hosts in brackets."""
    host, _, port = text.rpartition(":")
    if text in ("auto", "none") or text.startswith("unix:/"):
        return text
    if host and port.isascii() and port.isdecimal() and int(port) <= 65535 and (":" not in host or host[0] == "["):
        return text
    raise ValueError("allowed is auto, none, unix:/path, or host:port such as 127.0.0.1:8480 or [::]:8480")


def template_places(template: str) -> list[str]:
    """The names in braces.

    Raises:
        ValueError: A brace is not closed, or a place has no name, a format or a conversion.
    """
    places = []
    for _, place, form, conversion in string.Formatter().parse(template):
        if place is None:
            continue
        if not place or form or conversion or not place.replace("_", "a").replace("-", "a").replace(" ", "a").isalnum():
            raise ValueError(f"{{{place}}} is not the name of a value; write it as {{subject}} or {{name}}")
        places.append(place)
    return places


def _name_template(template: str) -> str:
    """Accept a template with at least one place, since otherwise all files would have one name."""
    if not template_places(template):
        raise ValueError("allowed is a name with a place in it, such as {subject} or {family}_{given}")
    return template


PathSetting = Annotated[Path, BeforeValidator(_relative_to_current_folder), AfterValidator(_relative_to_file)]
UrlSetting = Annotated[str, BeforeValidator(_relative_to_current_folder), AfterValidator(_path_unless_url)]
ListenAddress = Annotated[str, AfterValidator(_listen_address)]
NameTemplate = Annotated[str, AfterValidator(_name_template)]
SidePx = Annotated[int, Field(ge=16, le=16384)]
SizePx = tuple[SidePx, SidePx]
"""Width and height."""
Level = Annotated[int, Field(ge=0, le=255)]
Rgb = tuple[Level, Level, Level]
GreyLevel = Annotated[int, Field(ge=1, le=254)]
"""Neither black nor white: a clipped grey card measures nothing."""
Language = Literal["en", "de"]
