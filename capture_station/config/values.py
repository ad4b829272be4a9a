"""The kinds of value that a setting can have: paths, addresses, colours and sizes."""

from __future__ import annotations

import os
import re
import string
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, Secret, SecretStr, ValidationInfo

from capture_station.locales.messages import CODES
from capture_station.masking import masked, redacted


class TypedText(str):
    """Text that came from the command line or the environment, not from a file."""


def _relative_to_current_folder(value: object) -> object:
    """Resolve a typed path against the current folder, as shells do."""
    if isinstance(value, TypedText) and value and "://" not in value:
        return os.path.abspath(_expand_home(Path(value)))
    return value


def _no_url(value: object) -> object:
    """Refuse a URL for a path, because it would become a folder of that name."""
    if isinstance(value, str) and "://" in value:
        raise ValueError("must be a path; mount the place behind this URL and name the folder that it is mounted on")
    return value


def _device(value: object) -> object:
    """Refuse a URL for a device, because messages show the names of devices whole."""
    if isinstance(value, str) and ("://" in value or "@" in value):
        raise ValueError("must be a number or a path; for an address set camera.kind=stream and camera.url")
    return value


def _zero_for_never(value: object) -> object:
    """Take null, which other settings have for never, and the words as well."""
    return 0 if value in (None, False, "off", "never") else value


def _host_name(text: str) -> str:
    """Refuse a URL for a host, because messages show the names of hosts whole."""
    if re.fullmatch(r"[\w.-]*|\[?[0-9A-Fa-f:.]+(%[\w.-]+)?\]?", text):
        return text.strip("[]")
    raise ValueError("must be a name or an address alone; port, user and password have settings of their own")


def _expand_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(f"there is no home folder for {masked(path.parts[0])} here; write the whole path") from error


def _relative_to_file(path: Path, info: ValidationInfo) -> Path:
    """Resolve a path against the folder of the configuration file; ``~`` is the user's home."""
    base = (info.context or {}).get("base", Path.cwd())
    return Path(os.path.abspath(base / _expand_home(path)))


class SecretUrl(Secret[str]):
    """A URL, or the path of a file, that prints itself without what may be a password.

    ``get_secret_value()`` gives the whole of it.
    """

    def __bool__(self) -> bool:
        return bool(self.get_secret_value())

    def _display(self) -> str:
        return masked(self.get_secret_value())

    def redact(self, text: str) -> str:
        """A library's message without this URL's secret parts."""
        return redacted(text, self.get_secret_value())


def _path_unless_url(url: SecretUrl, info: ValidationInfo) -> SecretUrl:
    """Resolve a URL without a scheme such as ``rtsp://`` as the path of a file."""
    text = url.get_secret_value()
    return url if not text or "://" in text else SecretUrl(str(_relative_to_file(Path(text), info)))


def _size_from_text(value: object) -> object:
    """Accept ``1920x1080`` for a size."""
    match = re.fullmatch(r"\s*([0-9]{1,5})\s*[xX,]\s*([0-9]{1,5})\s*", value) if isinstance(value, str) else None
    return value if match is None else tuple(int(side) for side in match.groups())


def _rgb_from_text(value: object) -> object:
    """Accept the names and hexadecimal forms of CSS for a colour, such as ``white`` and ``#fff``."""
    if not isinstance(value, str):
        return value
    from PIL import ImageColor

    try:
        return ImageColor.getrgb(value.strip())[:3]
    except ValueError as error:
        allowed = 'must be [red, green, blue], "#rrggbb" in quotes, or a CSS name such as white'
        raise ValueError(allowed) from error


def _address_from_port(value: object) -> object:
    """Accept a port alone, for this machine only."""
    return f"127.0.0.1:{value}" if str(value).isdecimal() else value


def _listen_address(text: str) -> str:
    """Accept ``auto``, ``none``, ``unix:/path`` and ``host:port`` with IPv6 hosts in brackets."""
    host, _, port = text.rpartition(":")
    if text in ("auto", "none") or text.startswith("unix:/"):
        return text
    if host and port.isascii() and port.isdecimal() and int(port) <= 65535 and (":" not in host or host[0] == "["):
        return text
    raise ValueError("must be auto, none, unix:/path, a port, or host:port such as 127.0.0.1:8480 or [::]:8480")


def _digits(value: object) -> object:
    """Accept a PIN as text only: YAML reads digits without quotes as a number, and 0123 as 83."""
    if isinstance(value, str) and re.fullmatch(r"([0-9]{4,12})?", value):
        return str(value)
    if isinstance(value, SecretStr):
        return value
    raise ValueError('must be 4 to 12 digits in quotes, such as "4711", or "" for none')


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


def _code_pattern(text: str) -> str:
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise ValueError(f"this is not a regular expression: {error}") from error
    if groups > 1:
        raise ValueError("must be one group in parentheses, which holds the id; write the others as (?:...)")
    return text


def _name_template(template: str) -> str:
    """Accept a template with at least one place, since otherwise all files would have one name."""
    if not template_places(template):
        raise ValueError("must be a name with a place in it, such as {subject} or {family}_{given}")
    return template


def _empty_for_none(value: object) -> object:
    """An option with nothing behind it is read as null."""
    return "" if value is None else value


def _caption_template(template: str) -> str:
    template_places(template)
    return template


PathSetting = Annotated[
    Path, BeforeValidator(_relative_to_current_folder), BeforeValidator(_no_url), AfterValidator(_relative_to_file)
]
UrlSetting = Annotated[SecretUrl, BeforeValidator(_relative_to_current_folder), AfterValidator(_path_unless_url)]
HostName = Annotated[str, AfterValidator(_host_name)]
SecondsOrNever = Annotated[float, BeforeValidator(_zero_for_never), Field(ge=0, le=86400)]
"""Seconds; 0 for never."""
Device = Annotated[Annotated[int, Field(ge=0, le=255)] | str, BeforeValidator(_device)]
"""Number or path of a webcam."""
ListenAddress = Annotated[str, BeforeValidator(_address_from_port), AfterValidator(_listen_address)]
Pin = Annotated[SecretStr, BeforeValidator(_digits)]
"""Digits that print themselves as asterisks."""
CaptionTemplate = Annotated[str, BeforeValidator(_empty_for_none), AfterValidator(_caption_template)]
"""``auto`` or a template; empty for no caption."""
CodePattern = Annotated[str, AfterValidator(_code_pattern)]
"""A regular expression that finds the id in a scanned code: its group, or all of it; empty: the code is the id."""
NameTemplate = Annotated[str, AfterValidator(_name_template)]
SidePx = Annotated[int, Field(ge=16, le=16384)]
SizePx = Annotated[tuple[SidePx, SidePx], BeforeValidator(_size_from_text)]
"""Width and height."""
Level = Annotated[int, Field(ge=0, le=255)]
Rgb = Annotated[tuple[Level, Level, Level], BeforeValidator(_rgb_from_text)]
GreyLevel = Annotated[int, Field(ge=1, le=254)]
"""Neither black nor white: a clipped grey card measures nothing."""
GreyRgb = Annotated[tuple[GreyLevel, GreyLevel, GreyLevel], BeforeValidator(_rgb_from_text)]
if TYPE_CHECKING:
    Language: TypeAlias = str
else:
    Language = Literal[CODES]
