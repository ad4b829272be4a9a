"""The settings of config.yaml as frozen, typed sections with their defaults and limits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from capture_station.config.values import (
    CaptionTemplate,
    CodePattern,
    Device,
    GreyRgb,
    HostName,
    Language,
    ListenAddress,
    NameTemplate,
    PathSetting,
    Pin,
    Rgb,
    SecondsOrNever,
    SecretUrl,
    SizePx,
    UrlSetting,
)
from capture_station.presets import FREE, FREE_TITLE, Preset, shipped_presets


class Settings(BaseModel):
    """Base of all sections. Unknown keys are refused, and values cannot change after loading."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        # Otherwise importing this file would build the validators of all sections, each by itself and as a part.
        defer_build=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_section(cls, section: object) -> object:
        """Accept null, which YAML makes of a section whose keys are all comments."""
        return {} if section is None else section


class ControlSettings(Settings):
    """Camera controls. None leaves a control as the camera has it."""

    auto_exposure: bool | None = None
    exposure_ms: Annotated[float, Field(gt=0, le=10000)] | None = None
    auto_white_balance: bool | None = None
    white_balance_k: Annotated[int, Field(ge=1000, le=12000)] | None = None
    auto_focus: bool | None = None
    focus: float | None = None
    gain: float | None = None
    lock_after_s: Annotated[float, Field(ge=0, le=60)] | None = None


USUAL_WH = (1280, 720)
"""Nearly every camera has this size."""


class CameraSettings(Settings):
    kind: Literal["auto", "raspberry", "webcam", "stream", "demo"] = "auto"
    driver: Literal["auto", "fake"] = "auto"
    device: Device = 0
    url: UrlSetting = SecretUrl("")
    loop: bool = True
    size_px: SizePx | Literal["auto"] = "auto"
    preview_size_px: SizePx = (1280, 720)
    rotate_deg: Literal[0, 90, 180, 270] = 0
    fps: Annotated[float, Field(gt=0, le=240)] = 30
    idle_fps: Annotated[float, Field(ge=1, le=240)] = 5
    pixel_format: Annotated[str, Field(pattern=r"^([A-Z0-9]{4})?$")] = "MJPG"
    controls: ControlSettings = Field(default_factory=ControlSettings)
    # These two are bounded by the unit's watchdog: the capture loop sends no ping while it waits for a camera.
    open_timeout_s: Annotated[float, Field(gt=0, le=20)] = 5
    read_timeout_s: Annotated[float, Field(gt=0, le=20)] = 2
    frozen_after_s: Annotated[float, Field(gt=0, le=600)] = 3
    black_below: Annotated[float, Field(ge=0, le=64)] = 2
    reopen_first_s: Annotated[float, Field(gt=0, le=60)] = 0.5
    reopen_longest_s: Annotated[float, Field(gt=0, le=600)] = 10

    @property
    def size_wh(self) -> tuple[int, int]:
        """``size_px``; for ``auto`` the size that is asked for where the camera's modes are not known."""
        return USUAL_WH if self.size_px == "auto" else self.size_px

    @property
    def choice(self) -> str:
        """Which camera: ``kind``, and ``device`` where that says which one, such as ``webcam:/dev/video2``."""
        return f"{self.kind}:{self.device}" if self.kind in ("raspberry", "webcam") else self.kind

    def chosen(self, choice: str) -> CameraSettings:
        """The same settings for another ``choice``, which must be one that a camera had."""
        kind, _, device = choice.partition(":")
        changes: dict[str, object] = {"kind": kind}
        if device:
            changes["device"] = int(device) if device.isdecimal() else device
        return self.model_copy(update=changes)


class SegmentationSettings(Settings):
    kind: Literal["deeplab", "luv"] = "deeplab"
    runtime: Literal["auto", "litert", "tflite-runtime", "fake"] = "auto"
    preview_model: PathSetting | None = None
    capture_model: PathSetting | None = None
    threads: Annotated[int, Field(ge=0, le=16)] = 0
    smoothing: Annotated[float, Field(ge=0, le=1)] = 0.6
    clean_plate: PathSetting | None = None
    learn_clean_plate: bool = True

    @property
    def interpreter_threads(self) -> int:
        """``threads``, or for 0 half the processors that this process may use: at least one, at most four."""
        return self.threads or min(max(1, len(os.sched_getaffinity(0)) // 2), 4)


class CaptureSettings(Settings):
    countdown_s: Annotated[float, Field(ge=0, le=30)] = 3
    burst: Annotated[int, Field(ge=1, le=16)] = 10
    burst_s: Annotated[float, Field(ge=0, le=2)] = 0.35
    patience_s: Annotated[float, Field(ge=0, le=10)] = 1.0
    merge: bool = True
    when_busy: Literal["refuse", "queue"] = "refuse"
    auto: bool = False
    auto_hold_s: Annotated[float, Field(ge=0, le=30)] = 1.0
    deadline_s: Annotated[float, Field(gt=0, le=120)] = 10


class PortraitSettings(Settings):
    people: Literal["one", "all"] = "one"
    presets: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")], Preset] = {}
    """The user's own presets by name, beside the shipped ones."""
    preset: str = "portrait-4x5"
    gate: Literal["strict", "advise", "off"] = "strict"
    eyes: Literal["off", "advise", "require"] = "require"
    background_rgb: Rgb | None = None
    """None: the preset's, else white."""
    shadow: Annotated[float, Field(ge=0, le=1)] = 0
    roll_limit_deg: Annotated[float, Field(ge=0, le=45)] = 15
    upscale_limit: Annotated[float, Field(ge=1, le=4)] = 1.25
    reference: PathSetting | None = None
    reference_rgb: GreyRgb = (118, 118, 118)

    @field_validator("preset")
    @classmethod
    def _known_preset(cls, name: str, info: ValidationInfo) -> str:
        known = [FREE, *shipped_presets(), *info.data.get("presets", {})]
        if name not in known:
            raise ValueError(f"must be one of: {', '.join(known)}")
        return name

    @property
    def preset_names(self) -> tuple[str, ...]:
        """Every preset that can be chosen; the user's own ones come first, ``free`` last."""
        return tuple(dict.fromkeys((*self.presets, *shipped_presets(), FREE)))

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """Name and title of every preset: the user's own, then the shipped ones, then ``free``."""
        known = {**shipped_presets(), **self.presets}
        return tuple((name, known[name].title or name if name in known else FREE_TITLE) for name in self.preset_names)

    @property
    def geometry(self) -> Preset | None:
        """What ``preset`` asks for; None for ``free``, which saves the whole frame."""
        return self.find_preset(self.preset)

    def find_preset(self, name: str) -> Preset | None:
        """The preset of this name; None for ``free`` and for one that is not known (any more)."""
        return self.presets.get(name) or shipped_presets().get(name)

    @property
    def eyes_preset(self) -> Preset | None:
        """The preset that judges the eyes; None: nothing does."""
        return self.geometry if self.eyes == "require" else None

    @property
    def background(self) -> Rgb:
        """The colour behind the person."""
        preset = None if self.background_rgb is not None else self.geometry
        return self.background_rgb or (preset and preset.background_rgb) or (255, 255, 255)


class ArchiveSettings(Settings):
    folder: PathSetting = Field(default=Path("~/capture-station"), validate_default=True)
    original_format: Literal["jpeg", "png"] = "jpeg"
    portrait_formats: Annotated[tuple[Literal["jpeg", "png"], ...], Field(min_length=1)] = ("jpeg",)
    jpeg_quality: Annotated[int, Field(ge=50, le=100)] = 95
    dpi: Annotated[int, Field(ge=72, le=1200)] = 300
    keep_free_bytes: ByteSize = Field(default=ByteSize(512 * 1024**2), ge=0)
    keep_days: Annotated[float, Field(gt=0, le=36500)] | None = None
    keep_retaken_days: Annotated[float, Field(gt=0, le=36500)] | None = None
    group: Annotated[str, Field(pattern=r"^([A-Za-z_][A-Za-z0-9_.-]{0,31})?$")] = ""


class WindowSettings(Settings):
    show: bool = True
    full_screen: bool = False
    size_px: SizePx = (1280, 720)
    mirrored: bool = True
    guide: bool = True
    review_s: Annotated[float, Field(ge=0, le=120)] = 6
    camera_at: Literal["top", "left", "right", "bottom"] = "top"
    flash: bool = True
    volume: Annotated[float, Field(ge=0, le=1)] = 0
    voice: bool = False
    idle_s: SecondsOrNever = 0
    logo: PathSetting | None = None
    accent: Rgb | None = None
    languages: tuple[Language, ...] = ()
    operator_pin: Pin = SecretStr("")
    driver: Literal["auto", "dummy"] = "auto"


class ButtonSettings(Settings):
    gpio_pin: Annotated[int, Field(ge=0, le=53)] | None = None
    pin_factory: Literal["auto", "mock"] = "auto"
    debounce_s: Annotated[float, Field(ge=0, le=5)] = 0.05


class LampSettings(Settings):
    gpio_pin: Annotated[int, Field(ge=0, le=53)] | None = None
    pin_factory: Literal["auto", "mock"] = "auto"
    url: Annotated[str, Field(pattern=r"^(https?://[^\s/@]+(/\S*)?)?$", max_length=200)] = ""
    idle_level: Annotated[float, Field(ge=0, le=1)] = 0.3


class RemoteSettings(Settings):
    socket: PathSetting | None = None


class WebSettings(Settings):
    listen: ListenAddress = "auto"
    token_file: PathSetting | None = None
    host_names: tuple[str, ...] = ()
    trust_local_users: bool = False
    jpeg_quality: Annotated[int, Field(ge=30, le=100)] = 80


class UploadSettings(Settings):
    url: UrlSetting = SecretUrl("")
    files: Annotated[tuple[Literal["original", "portrait", "matte", "record"], ...], Field(min_length=1)] = (
        "portrait",
    )
    names: Literal["folders", "export"] = "folders"
    after_s: Annotated[float, Field(ge=0, le=86400)] = 10
    retry_first_s: Annotated[float, Field(gt=0, le=3600)] = 5
    retry_longest_s: Annotated[float, Field(gt=0, le=86400)] = 600


class MqttSettings(Settings):
    host: HostName = ""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    topic: Annotated[str, Field(pattern=r"^[^+#/\x00]([^+#\x00]*[^+#/\x00])?$", max_length=200)] = (
        "capture-station/{host}"
    )
    user: str = ""
    password_file: PathSetting | None = None
    tls: bool = False
    ca_file: PathSetting | None = None
    subjects: bool = False


class SubjectColumns(Settings):
    """The roster's headings; empty: found by the usual names. ``name`` and ``namesakes`` may join several by spaces."""

    id: str = ""
    name: str = ""
    given: str = ""
    family: str = ""
    namesakes: str = ""
    permission: str = ""
    leaving: str = ""


class SubjectSettings(Settings):
    mode: Literal["off", "optional", "required"] = "off"
    roster: UrlSetting = SecretUrl("")
    refresh_s: Annotated[float, Field(ge=1, le=86400)] = 60
    columns: SubjectColumns = SubjectColumns()
    code_pattern: CodePattern = ""
    unknown: Literal["accept", "ask", "refuse"] = "ask"
    consent: dict[Language, Annotated[str, Field(pattern=r"\S")]] = {}
    camera_codes: bool = False
    exchange: bool = False
    station: Annotated[str, Field(pattern=r"^[^\x00-\x1f]+$", max_length=64)] = "{host}"

    @property
    def reads_codes(self) -> bool:
        """Whether codes are read through the camera."""
        return self.camera_codes and self.mode != "off"

    @property
    def takes_unknown(self) -> bool:
        """Whether an id that is not on the roster is taken, at least when somebody says so."""
        return self.unknown != "refuse" or not self.roster

    @property
    def asks_consent(self) -> bool:
        """Whether people agree to a text before they are photographed."""
        return bool(self.consent) and self.mode != "off"


class ExportSettings(Settings):
    name: NameTemplate = "{subject}"


class ShareSettings(Settings):
    minutes: Annotated[float, Field(gt=0, le=100_000)] | None = None
    address: Annotated[str, Field(pattern=r"^(https?://\S+)?$", max_length=200)] = ""
    target_url: Annotated[str, Field(pattern=r"^(https?://\S*\{capture\}\S*)?$", max_length=200)] = ""

    @property
    def is_on(self) -> bool:
        return self.minutes is not None or bool(self.target_url)


class PrintingSettings(Settings):
    printer: str = ""
    driver: Literal["auto", "fake"] = "auto"
    paper: Literal["10x15", "13x18", "4x6in", "5x7in", "2x6in", "a4", "a5", "letter"] = "10x15"
    size: Annotated[str, Field(pattern=r"^(preset|page|\d{1,3}(\.\d{1,2})?x\d{1,3}(\.\d{1,2})?)$")] = "preset"
    each: Annotated[int, Field(ge=1, le=100)] | None = None
    caption: CaptionTemplate = "auto"
    daily_limit: Annotated[int, Field(ge=1)] | None = None


class StationSettings(Settings):
    """All sections of config.yaml."""

    camera: CameraSettings = Field(default_factory=CameraSettings)
    segmentation: SegmentationSettings = Field(default_factory=SegmentationSettings)
    capture: CaptureSettings = Field(default_factory=CaptureSettings)
    portrait: PortraitSettings = Field(default_factory=PortraitSettings)
    archive: ArchiveSettings = Field(default_factory=ArchiveSettings)
    window: WindowSettings = Field(default_factory=WindowSettings)
    button: ButtonSettings = Field(default_factory=ButtonSettings)
    lamp: LampSettings = Field(default_factory=LampSettings)
    remote: RemoteSettings = Field(default_factory=RemoteSettings)
    web: WebSettings = Field(default_factory=WebSettings)
    subjects: SubjectSettings = Field(default_factory=SubjectSettings)
    export: ExportSettings = Field(default_factory=ExportSettings)
    share: ShareSettings = Field(default_factory=ShareSettings)
    printing: PrintingSettings = Field(default_factory=PrintingSettings)
    upload: UploadSettings = Field(default_factory=UploadSettings)
    mqtt: MqttSettings = Field(default_factory=MqttSettings)
    language: Language = "en"

    @model_validator(mode="after")
    def _sections_fit_together(self) -> StationSettings:
        if self.subjects.exchange and not self.upload.url:
            raise ValueError("subjects.exchange needs upload.url: booths tell each other there whom they photographed")
        if self.share.target_url and not (self.upload.url and self.upload.names == "folders"):
            raise ValueError("share.target_url leads to uploads: it needs upload.url, and upload.names: folders")
        if self.portrait.preset not in self.usable_presets:
            name = self.portrait.preset
            raise ValueError(f"segmentation.kind: luv finds no face, and {name} needs one: use --preset {FREE}")
        return self

    @property
    def usable_presets(self) -> dict[str, str]:
        """Title of every preset that can be chosen, by name."""
        faceless = self.segmentation.kind == "luv" and self.portrait.gate == "strict"
        return {name: title for name, title in self.portrait.choices if name == FREE or not faceless}

    @property
    def languages(self) -> tuple[Language, ...]:
        """The station's languages: its own first, then those that guests can choose."""
        return tuple(dict.fromkeys((self.language, *self.window.languages)))

    def advice(self, camera_wh: tuple[int, int] | None = None, demo: bool = False) -> str:
        """What the preset needs of the camera's picture, in one line of English.

        Args:
            camera_wh: Size of the camera's pictures before they are rotated; None: as the settings ask for them.
            demo: The demo camera delivers them. Nobody can turn it, and it is for a first look.
        """
        preset, size_wh = self.portrait.geometry, camera_wh or self.camera.size_wh
        if preset is None:
            return "the preset is free: the whole frame is saved"
        upright, assumed = self.camera.rotate_deg in (90, 270), self.camera.kind == "stream"
        frame_wh = size_wh[::-1] if upright else size_wh
        remedies = [] if upright else ["turn the camera on its side and set camera.rotate_deg: 90"]
        remedies.append("choose a larger camera.size_px")
        remedy = "" if demo else f"to get more, {', or '.join(remedies)}"
        return preset.advice(self.portrait.preset, frame_wh, self.portrait.upscale_limit, remedy, assumed)
