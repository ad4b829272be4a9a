"""config.yaml, environment and flags become frozen settings; errors say file, line, key, value and what is allowed."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails

from capture_station.errors import ConfigError

ENVIRONMENT_PREFIX = "CAPTURE_STATION__"


class _Typed(str):
    """Text from the command line or the environment."""


def _from_here(value: object) -> object:
    """A path that was typed is relative to the folder it was typed in."""
    if isinstance(value, _Typed) and value and "://" not in value:
        return os.path.abspath(_from_home(Path(value)))
    return value


def _from_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(f"there is no home folder for {path.parts[0]} here; write the whole path") from error


def _resolved(path: Path, info: ValidationInfo) -> Path:
    """A path in a file is relative to that file; ~ is the user's home."""
    base = (info.context or {}).get("base", Path.cwd())
    return Path(os.path.abspath(base / _from_home(path)))


def _resolved_url(url: str, info: ValidationInfo) -> str:
    """What has no scheme such as rtsp:// is a file's path."""
    return url if not url or "://" in url else str(_resolved(Path(url), info))


PathSetting = Annotated[Path, BeforeValidator(_from_here), AfterValidator(_resolved)]
UrlSetting = Annotated[str, BeforeValidator(_from_here), AfterValidator(_resolved_url)]
SizePx = Annotated[int, Field(ge=16, le=16384)]
Level = Annotated[int, Field(ge=0, le=255)]
Rgb = tuple[Level, Level, Level]
Shade = Annotated[int, Field(ge=1, le=254)]
Language = Literal["en", "de"]


class Settings(BaseModel):
    """Base of all sections: unknown keys are refused, values cannot change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _without_keys(cls, section: object) -> object:
        """A section whose keys are all comments is null in YAML, and has them all by default."""
        return {} if section is None else section


class ControlSettings(Settings):
    """Camera controls; null leaves one as the camera has it."""

    auto_exposure: bool | None = None
    exposure_ms: Annotated[float, Field(gt=0, le=10000)] | None = None
    auto_white_balance: bool | None = None
    white_balance_k: Annotated[int, Field(ge=1000, le=12000)] | None = None
    auto_focus: bool | None = None
    focus: float | None = None
    gain: float | None = None
    lock_after_s: Annotated[float, Field(ge=0, le=60)] | None = None


class CameraSettings(Settings):
    kind: Literal["auto", "raspberry", "webcam", "stream", "demo"] = "auto"
    driver: Literal["auto", "fake"] = "auto"
    device: Annotated[int, Field(ge=0, le=255)] | str = 0
    url: UrlSetting = ""
    loop: bool = True
    size_px: tuple[SizePx, SizePx] = (1280, 720)
    preview_size_px: tuple[SizePx, SizePx] = (1280, 720)
    rotate_deg: Literal[0, 90, 180, 270] = 0
    fps: Annotated[float, Field(gt=0, le=240)] = 30
    idle_fps: Annotated[float, Field(ge=1, le=240)] = 5
    pixel_format: Annotated[str, Field(pattern=r"^([A-Z0-9]{4})?$")] = "MJPG"
    controls: ControlSettings = ControlSettings()
    # At most what leaves systemd's watchdog its patience: while a camera is waited for, nothing else gets on.
    open_timeout_s: Annotated[float, Field(gt=0, le=20)] = 5
    read_timeout_s: Annotated[float, Field(gt=0, le=20)] = 2
    frozen_after_s: Annotated[float, Field(gt=0, le=600)] = 3
    black_below: Annotated[float, Field(ge=0, le=64)] = 2
    reopen_first_s: Annotated[float, Field(gt=0, le=60)] = 0.5
    reopen_longest_s: Annotated[float, Field(gt=0, le=600)] = 10


class SegmentationSettings(Settings):
    kind: Literal["deeplab", "luv"] = "deeplab"
    runtime: Literal["auto", "litert", "tflite-runtime", "fake"] = "auto"
    preview_model: PathSetting | None = None
    capture_model: PathSetting | None = None
    threads: Annotated[int, Field(ge=0, le=16)] = 0
    smoothing: Annotated[float, Field(ge=0, le=1)] = 0.6
    clean_plate: PathSetting | None = None

    @property
    def interpreter_threads(self) -> int:
        """As set, or for 0 one for every two processors this process may use, and four at most."""
        return self.threads or min(max(1, len(os.sched_getaffinity(0)) // 2), 4)


class CaptureSettings(Settings):
    countdown_s: Annotated[float, Field(ge=0, le=30)] = 3
    burst: Annotated[int, Field(ge=1, le=16)] = 10
    burst_s: Annotated[float, Field(ge=0, le=2)] = 0.35
    merge: bool = True
    when_busy: Literal["refuse", "queue"] = "refuse"
    deadline_s: Annotated[float, Field(gt=0, le=120)] = 10


class FramingSettings(Settings):
    """Where the head goes, as shares of the picture; used by preset ``own``."""

    size_px: tuple[SizePx, SizePx] = (900, 1200)
    head_height: Annotated[float, Field(ge=0.1, le=0.95)] = 0.5
    eye_line: Annotated[float, Field(ge=0.1, le=0.9)] = 0.42
    centre: Annotated[float, Field(ge=0.2, le=0.8)] = 0.5
    room_above: Annotated[float, Field(ge=0, le=0.4)] = 0.02


class PortraitSettings(Settings):
    people: Literal["one", "all"] = "one"
    preset: Literal["free", "passport-35x45", "us-2x2", "square", "own"] = "free"
    own: FramingSettings = FramingSettings()
    background_rgb: Rgb = (255, 255, 255)
    shadow: Annotated[float, Field(ge=0, le=1)] = 0
    roll_limit_deg: Annotated[float, Field(ge=0, le=45)] = 15
    upscale_limit: Annotated[float, Field(ge=1, le=4)] = 1.25
    reference: PathSetting | None = None
    reference_rgb: tuple[Shade, Shade, Shade] = (118, 118, 118)


class ArchiveSettings(Settings):
    folder: PathSetting = Field(default=Path("~/capture-station"), validate_default=True)
    original_format: Literal["jpeg", "png"] = "jpeg"
    portrait_formats: Annotated[tuple[Literal["jpeg", "png"], ...], Field(min_length=1)] = ("jpeg",)
    jpeg_quality: Annotated[int, Field(ge=50, le=100)] = 95
    dpi: Annotated[int, Field(ge=72, le=1200)] = 300
    keep_free_bytes: ByteSize = Field(default=ByteSize(512 * 1024**2), ge=0)
    keep_days: Annotated[float, Field(gt=0, le=36500)] | None = None
    keep_retaken_days: Annotated[float, Field(gt=0, le=36500)] | None = None


class WindowSettings(Settings):
    show: bool = True
    full_screen: bool = False
    size_px: tuple[SizePx, SizePx] = (1280, 720)
    mirrored: bool = True
    guide: bool = True
    review_s: Annotated[float, Field(ge=0, le=120)] = 6
    driver: Literal["auto", "dummy"] = "auto"


class ButtonSettings(Settings):
    gpio_pin: Annotated[int, Field(ge=0, le=53)] | None = None
    pin_factory: Literal["auto", "mock"] = "auto"
    debounce_s: Annotated[float, Field(ge=0, le=5)] = 0.05


class RemoteSettings(Settings):
    socket: PathSetting | None = None


def _address(text: str) -> str:
    """``auto``, ``none``, ``unix:/path`` or ``host:port`` with a port of 0 to 65535, IPv6 in brackets."""
    host, _, port = text.rpartition(":")
    if text in ("auto", "none") or text.startswith("unix:/"):
        return text
    if host and port.isascii() and port.isdecimal() and int(port) <= 65535 and (":" not in host or host[0] == "["):
        return text
    raise ValueError("allowed is auto, none, unix:/path, or host:port such as 127.0.0.1:8480 or [::]:8480")


class WebSettings(Settings):
    listen: Annotated[str, AfterValidator(_address)] = "auto"
    token_file: PathSetting | None = None
    host_names: tuple[str, ...] = ()
    jpeg_quality: Annotated[int, Field(ge=30, le=100)] = 80


class UploadSettings(Settings):
    url: UrlSetting = ""
    files: Annotated[tuple[Literal["original", "portrait", "matte", "record"], ...], Field(min_length=1)] = (
        "portrait",
    )
    after_s: Annotated[float, Field(ge=0, le=86400)] = 10
    retry_first_s: Annotated[float, Field(gt=0, le=3600)] = 5
    retry_longest_s: Annotated[float, Field(gt=0, le=86400)] = 600


class MqttSettings(Settings):
    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    topic: Annotated[str, Field(pattern=r"^[^+#/\x00]([^+#\x00]*[^+#/\x00])?$", max_length=200)] = (
        "capture-station/{host}"
    )
    user: str = ""
    password_file: PathSetting | None = None
    tls: bool = False
    ca_file: PathSetting | None = None


class StationSettings(Settings):
    """The whole of config.yaml."""

    camera: CameraSettings = CameraSettings()
    segmentation: SegmentationSettings = SegmentationSettings()
    capture: CaptureSettings = CaptureSettings()
    portrait: PortraitSettings = PortraitSettings()
    archive: ArchiveSettings = Field(default_factory=ArchiveSettings)
    window: WindowSettings = WindowSettings()
    button: ButtonSettings = ButtonSettings()
    remote: RemoteSettings = RemoteSettings()
    web: WebSettings = WebSettings()
    upload: UploadSettings = UploadSettings()
    mqtt: MqttSettings = MqttSettings()
    language: Language = "en"


def load(path: Path, overrides: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> StationSettings:
    """Read a config file; environment variables override it and ``overrides`` override both.

    Args:
        path: A YAML file.
        overrides: ``section.key=value``, the value in YAML; paths in them are relative to the current folder.
        environment: Where ``CAPTURE_STATION__SECTION__KEY`` is looked up; the process's by default.

    Raises:
        ConfigError: One line a mistake: file, line, key, value and what is allowed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot read the configuration: {error}") from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"{path}{line}: not YAML: {problem}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}:1: a configuration is a list of sections such as `camera:`, not {data!r}")
    places = {key: f"{path}:{line}" for key, line in _lines(root, path)} if root is not None else {}
    for origin, key, value in _overrides(overrides, os.environ if environment is None else environment):
        _put(data, key, value, origin)
        places[key] = origin
    # Who has no home cannot have its default; only of a section that is there would the message say the name.
    data.setdefault("archive", {})
    try:
        return StationSettings.model_validate(data, context={"base": path.resolve().parent})
    except ValidationError as error:
        lines = [_explain(details, places, path) for details in error.errors()]
        raise ConfigError("\n".join(dict.fromkeys(lines))) from error


def _lines(node: yaml.Node, path: Path, prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], int]]:
    """Key path and line of every key; the same key twice in one section is refused."""
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.value in seen:
            name = ".".join((*prefix, key.value))
            raise ConfigError(f"{path}:{line}: {name} is already set in line {seen[key.value]}")
        seen[key.value] = line
        yield (*prefix, key.value), line
        yield from _lines(value, path, (*prefix, key.value))


def _overrides(flags: Sequence[str], environment: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...], object]]:
    """Origin, key path and value of what overrides the file, weakest first."""
    for name, text in sorted(environment.items()):
        if name.startswith(ENVIRONMENT_PREFIX):
            key = tuple(part.lower() for part in name.removeprefix(ENVIRONMENT_PREFIX).split("__"))
            yield f"environment variable {name}", key, _value(text, name)
    for flag in flags:
        name, equals, text = flag.partition("=")
        if not equals:
            raise ConfigError(f"--set {flag}: write it as section.key=value, such as --set camera.kind=demo")
        yield f"--set {name}", tuple(name.split(".")), _value(text, name)


def _value(text: str, name: str) -> object:
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: {text!r} is not a YAML value") from error
    return _Typed(value) if isinstance(value, str) else value


def _put(data: dict[str, Any], key: tuple[str, ...], value: object, origin: str) -> None:
    for part in key[:-1]:
        inner = data.get(part)
        if inner is None:
            inner = data[part] = {}
        if not isinstance(inner, dict):
            raise ConfigError(f"{origin}: {part} is not a section")
        data = inner
    data[key[-1]] = value


def _explain(details: ErrorDetails, places: Mapping[tuple[str, ...], str], path: Path) -> str:
    """One mistake as a person can mend it."""
    location = tuple(str(part) for part in details["loc"])
    known = max((key for key in places if location[: len(key)] == key), key=len, default=())
    place = places.get(known, str(path))
    # A union adds the name of its branch behind the key; what the file says ends before it.
    key = ".".join(known or location)
    if details["type"] == "extra_forbidden":
        near = difflib.get_close_matches(location[-1], _keys(location[:-1]), n=1)
        meant = f"; did you mean {near[0]}?" if near else f"; known here: {', '.join(_keys(location[:-1]))}"
        return f"{place}: there is no setting {'.'.join(location)}{meant}"
    allowed = details["msg"].removeprefix("Value error, ").replace("Input should be", "allowed is")
    return f"{place}: {key} = {details['input']!r}: {allowed}"


def _keys(location: tuple[str, ...]) -> list[str]:
    """Names of the settings in a section."""
    section: type[BaseModel] = StationSettings
    for part in location:
        annotation = section.model_fields[part].annotation
        candidates = (annotation, *get_args(annotation))
        section = next(c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel))
    return list(section.model_fields)
