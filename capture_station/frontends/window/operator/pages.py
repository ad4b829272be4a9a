"""The operator's pages: what each one shows and which tiles and buttons it offers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from capture_station import __version__
from capture_station.frontends.window.banners import printer_trouble
from capture_station.frontends.window.operator.display_options import DisplayOptions
from capture_station.frontends.window.operator.services import OperatorServices, Pairing
from capture_station.frontends.window.review.flow import sentence
from capture_station.frontends.window.scene import Action, Button, Fact, Menu, Picked, Press, Tile, View
from capture_station.locales.messages import Messages
from capture_station.station.adjustments import CameraOption
from capture_station.station.contract import PublicPrintJob
from capture_station.station.status import Figures, Saved, State, Status

TILES = 12
"""At most so many are on one screen."""
PORTRAITS = 8
"""On one page of portraits; of more, the last place leads to the next page."""


class Page(Enum):
    """The operator's pages."""

    HOME = "home"
    PRESET = "preset"
    CAMERA = "camera"
    CAMERAS = "cameras"
    SIZES = "sizes"
    PICTURE = "picture"
    PORTRAITS = "portraits"
    PORTRAIT = "portrait"
    PRINTER = "printer"
    PHONE = "phone"
    DISK = "disk"
    DIAGNOSTICS = "diagnostics"
    POWER = "power"


@dataclass(slots=True)
class Opened:
    """The page that is open, and what was looked up when it was opened."""

    page: Page = Page.HOME
    first: int = 0
    """Number of the first preset that is shown."""
    sure: Press | None = None
    """What was touched once and is done by a second touch."""
    before: str | None = None
    """Only portraits older than this one are shown; None: from the newest on."""
    portraits: Sequence[Saved] = ()
    """The newest of them, and one more than the page holds if there are more."""
    portrait: Saved | None = None
    jobs: Sequence[PublicPrintJob] = ()
    cameras: Sequence[CameraOption] = ()
    """What the camera can be chosen from."""
    camera: str | None = None
    """Name of the one in use, when its sizes were looked up."""
    sizes_wh: Sequence[tuple[int, int]] = ()
    """Of the camera's pictures."""
    pairing: Pairing | None = None
    may_switch_off: bool = False
    kept: dict[str, bool | float | str | None] = field(default_factory=dict)


class OperatorPages:
    """Says everything in one kiosk's language."""

    def __init__(self, messages: Messages, services: OperatorServices) -> None:
        self._say = messages
        self._services = services

    def menu(self, opened: Opened, status: Status, figures: Figures, shown: DisplayOptions) -> Menu:
        """The page as it is now."""
        say = self._say
        match opened.page:
            case Page.HOME:
                return Menu(say("operator.title"), tuple(self._home(opened, status)))
            case Page.PRESET:
                return Menu(say("page.preset"), tuple(self._presets(opened, status)))
            case Page.CAMERA:
                tiles = self._camera_tiles(opened, status)
                return Menu(say("operator.camera"), tuple(tiles), tuple(self._camera(status)), live=True)
            case Page.CAMERAS:
                tiles = self._cameras(opened, status)
                return Menu(say("operator.which-camera"), tuple(tiles), tuple(self._camera(status)), live=True)
            case Page.SIZES:
                tiles = self._sizes(opened, status)
                return Menu(say("operator.size"), tuple(tiles), tuple(self._camera(status)), live=True)
            case Page.PICTURE:
                return Menu(say("operator.picture"), tuple(self._picture(status, shown)), live=True)
            case Page.PORTRAITS:
                note = "" if opened.portraits else say("page.none")
                return Menu(say("page.portraits"), tuple(self._thumbnails(opened.portraits)), note=note)
            case Page.PORTRAIT:
                return self._portrait(opened.portrait)
            case Page.PRINTER:
                return self._printer(opened, status)
            case Page.PHONE:
                return self._phone(opened.pairing)
            case Page.DISK:
                return Menu(say("operator.disk"), facts=tuple(self._disk(status)))
            case Page.DIAGNOSTICS:
                return Menu(say("operator.diagnostics"), facts=tuple(self._diagnostics(status, figures)))
            case Page.POWER:
                return Menu(say("operator.power"), tuple(self._power(opened)))

    def buttons(self, opened: Opened, status: Status) -> tuple[Button, ...]:
        """The row below the page."""
        say = self._say
        if opened.page is Page.HOME:
            return (Button(Action.BACK, say("operator.leave"), primary=True),)
        back = Button(Action.BACK, say("operator.back"), primary=opened.page is not Page.PORTRAIT)
        if opened.page is not Page.PORTRAIT or opened.portrait is None:
            return (back,)
        delete = Picked("delete", opened.portrait.id)
        label = "operator.delete-sure" if opened.sure == delete else "page.delete"
        buttons = [back, Button(delete, say(label), primary=opened.sure == delete)]
        if not opened.portrait.kept:
            buttons.append(Button(Picked("keep-portrait", opened.portrait.id), say("button.keep")))
        elif status.printing is not None:
            buttons.append(Button(Picked("print", opened.portrait.id), say("page.print")))
        return tuple(buttons)

    def _home(self, opened: Opened, status: Status) -> Iterator[Tile]:
        say = self._say
        presets = dict(status.presets)
        preset = status.adjustments.preset
        yield self._page(Page.PRESET, say("page.preset"), say.preset(preset, presets.get(preset, preset)))
        camera = say("banner.no-camera") if status.state is State.DEGRADED else self._camera_name(status)
        yield self._page(Page.CAMERA, say("operator.camera"), camera, warns=status.state is State.DEGRADED)
        yield self._page(Page.PICTURE, say("operator.picture"))
        taken = f"{say('operator.taken')}: {status.captures.taken}"  # The page itself shows those of before, too.
        yield self._page(Page.PORTRAITS, say("page.portraits"), taken)
        if status.printing is not None:
            trouble = printer_trouble(status.printing, say)
            yield self._page(
                Page.PRINTER, say("operator.printer"), trouble or self._waiting(status), warns=bool(trouble)
            )
        if self._services.pair is not None:
            yield self._page(Page.PHONE, say("operator.phone"))
        yield self._page(Page.DISK, say("operator.disk"), self._free(status), warns=bool(status.disk.trouble))
        failed = status.captures.failed
        failures = f"{say('operator.failed')}: {failed}" if failed else ""
        yield self._page(Page.DIAGNOSTICS, say("operator.diagnostics"), failures or self._fps(status), bool(failed))
        yield self._page(Page.POWER, say("operator.power"))
        if self._services.kept is not None:
            kept = say("operator.kept" if opened.kept else "operator.not-kept")
            yield Tile(Picked("keep"), say("operator.keep"), kept)
            yield Tile(Picked("forget"), say("operator.as-configured"))

    def _presets(self, opened: Opened, status: Status) -> Iterator[Tile]:
        presets = status.presets
        shown = presets[opened.first : opened.first + TILES - 1] if len(presets) > TILES else presets
        for name, title in shown:
            yield Tile(Picked("preset", name), self._say.preset(name, title), chosen=name == status.adjustments.preset)
        if len(shown) < len(presets):
            yield Tile(Picked("more"), self._say("page.more"))

    def _camera(self, status: Status) -> Iterator[Fact]:
        say, camera = self._say, status.camera
        yield Fact(say("operator.camera"), self._camera_name(status))
        if camera is not None and status.state is State.RUNNING:
            width, height = camera.mode.size_wh
            mode = f"{width}x{height}, {camera.mode.fps:g} fps {camera.mode.pixel_format}".strip()
            yield Fact(say("operator.size"), mode)
            # Two settings may be one in plain words.
            for setting in dict.fromkeys(map(say.setting, camera.differences)):
                yield Fact("", say("operator.difference", setting=setting))

    def _camera_tiles(self, opened: Opened, status: Status) -> Iterator[Tile]:
        say, now = self._say, status.adjustments
        yield self._page(Page.CAMERAS, say("operator.which-camera"), self._option(opened, now.camera))
        yield self._page(Page.SIZES, say("operator.size"), self._size(now.camera_size))
        yield Tile(Picked("hold"), say("operator.lock"), chosen=now.camera_held)

    def _cameras(self, opened: Opened, status: Status) -> Iterator[Tile]:
        """``auto`` first; the newest ones of more than fit on the screen are left out."""
        for one in opened.cameras[:TILES]:
            label = self._option(opened, one.choice)
            detail = "" if one.attached else self._say("operator.not-connected")
            chosen = one.choice == status.adjustments.camera
            yield Tile(Picked("use", one.choice), label, detail, chosen=chosen, warns=not one.attached)

    def _sizes(self, opened: Opened, status: Status) -> Iterator[Tile]:
        for size in ("auto", *(f"{width}x{height}" for width, height in opened.sizes_wh)):
            yield Tile(Picked("size", size), self._size(size), chosen=size == status.adjustments.camera_size)

    def _size(self, size: str) -> str:
        return self._say("operator.automatic") if size == "auto" else size

    def _option(self, opened: Opened, choice: str) -> str:
        if choice == "demo":
            return sentence(self._say("camera.demo"))
        name = next((one.name for one in opened.cameras if one.choice == choice), "")
        return name or self._say("operator.automatic")

    def _picture(self, status: Status, shown: DisplayOptions) -> Iterator[Tile]:
        say, now = self._say, status.adjustments
        views = {View.WHITE: "white", View.BOTH: "both", View.RAW: "raw"}
        yield Tile(Action.VIEW, say("operator.view"), say(f"operator.view-{views[shown.view]}"))
        for action, key, on in (
            (Action.GUIDE, "guide", now.guide),
            (Action.MIRROR, "mirrored", now.mirrored),
            (Action.FPS, "frame-rate", shown.fps),
            (Action.FULL_SCREEN, "full-screen", shown.full_screen),
        ):
            yield Tile(action, say(f"operator.{key}"), say("operator.on" if on else "operator.off"), chosen=on)
        seconds = say("page.seconds", seconds=f"{now.countdown_s:g}")
        yield Tile(Picked("countdown"), say("page.countdown-setting"), seconds)

    def _thumbnails(self, portraits: Sequence[Saved]) -> Iterator[Tile]:
        shown = portraits if len(portraits) <= PORTRAITS else portraits[: PORTRAITS - 1]
        yield from map(self._thumbnail, shown)
        if len(shown) < len(portraits):
            yield Tile(Picked("older", shown[-1].id), self._say("page.more"))

    def _thumbnail(self, saved: Saved) -> Tile:
        taken = "" if saved.taken_at is None else f"{saved.taken_at.astimezone():%H:%M}"
        good = "look" if saved.lacks else "good"
        verdict = {"ok": good, "review": "look", "damaged": "damaged"}[saved.verdict] if saved.kept else "not-kept"
        who = "" if saved.subject is None else saved.subject.name or saved.subject.id
        label = " ".join(filter(None, (taken, who)))
        return Tile(
            Picked("portrait", saved.id),
            label,
            self._say(f"page.{verdict}"),
            warns=verdict != "good",
            picture=saved.pictures.get("portrait", ""),
        )

    def _portrait(self, saved: Saved | None) -> Menu:
        if saved is None:
            return Menu(self._say("page.portraits"))
        tile = self._thumbnail(saved)
        reasons = (*self._say.flaws(saved.flaws), *([self._say(f"lacks.{saved.lacks}")] if saved.lacks else []))
        stop = self._say("full-stop")
        facts = [Fact(tile.label, tile.detail), *(Fact("", sentence(reason) + stop) for reason in reasons)]
        return Menu(self._say("page.portraits"), facts=tuple(facts), picture=tile.picture)

    def _printer(self, opened: Opened, status: Status) -> Menu:
        say, printing = self._say, status.printing
        if printing is None:
            return Menu(say("operator.printer"))
        trouble = printer_trouble(printing, say) or say("page.ready")
        facts = [Fact(say("operator.printer"), trouble), Fact(say("operator.waiting"), str(printing.waiting))]
        if printing.trouble:
            facts.append(Fact("", sentence(printing.trouble)))
        tiles = []
        for job in opened.jobs[:TILES]:
            press = Picked("cancel-job", job.id)
            detail = say("operator.sure" if opened.sure == press else "operator.cancel-job")
            tiles.append(Tile(press, say("operator.sheets", count=job.sheets), detail, chosen=opened.sure == press))
        return Menu(say("operator.printer"), tuple(tiles), tuple(facts))

    def _phone(self, pairing: Pairing | None) -> Menu:
        say = self._say
        if pairing is None:
            return Menu(say("operator.phone"))
        facts = tuple(Fact(say("operator.address") if not at else "", url) for at, url in enumerate(pairing.addresses))
        note = "unreachable" if pairing.code is None else "pair"
        return Menu(
            say("operator.phone"),
            facts=facts,
            code=pairing.code,
            note=say(f"operator.{note}", **({} if pairing.code is None else {"minutes": pairing.minutes})),
        )

    def _disk(self, status: Status) -> Iterator[Fact]:
        yield Fact(self._say("operator.disk"), self._free(status))
        if trouble := status.disk.trouble:
            yield Fact("", self._say(f"banner.{trouble}-detail", free=self._say.size(status.disk.free_bytes)))
        if self._services.archive is not None:
            yield Fact(self._say("operator.saved-in"), str(self._services.archive))

    def _diagnostics(self, status: Status, figures: Figures) -> Iterator[Fact]:
        say, captures = self._say, status.captures
        yield Fact(say("report.software"), f"capture-station {__version__}")
        yield Fact(say("operator.camera"), self._camera_name(status))
        count = sum(figures.inference_s.counts)
        took = f", {figures.inference_s.total / count * 1e3:.1f} ms" if count else ""
        yield Fact(say("operator.speed"), f"{self._fps(status)}{took}")
        verdicts = " · ".join(f"{say(f'console.{name}')}: {number}" for name, number in figures.verdicts.items())
        yield Fact(say("operator.taken"), f"{captures.taken}{f' ({verdicts})' if verdicts else ''}")
        yield Fact(say("operator.failed"), str(captures.failed))
        if captures.last_failure:
            yield Fact("", sentence(captures.last_failure))
        yield Fact(say("operator.disk"), self._free(status))

    def _power(self, opened: Opened) -> Iterator[Tile]:
        offered = ["restart-station"]
        if self._services.may_quit:
            offered.append("quit")
        if opened.may_switch_off:
            offered += ["restart-machine", "switch-off"]
        for what in offered:
            sure = opened.sure == Picked(what)
            yield Tile(Picked(what), self._say(f"operator.{what}"), self._say("operator.sure") if sure else "", sure)

    def _page(self, page: Page, label: str, detail: str = "", warns: bool = False) -> Tile:
        return Tile(Picked("page", page.value), label, detail, warns=warns)

    def _camera_name(self, status: Status) -> str:
        if status.state is State.DEGRADED:
            return sentence(self._say.trouble(status.trouble)) if status.trouble else status.reason
        if status.camera is None:
            return ""
        return sentence(self._say("camera.demo")) if status.camera.kind == "demo" else status.camera.name

    def _waiting(self, status: Status) -> str:
        count = 0 if status.printing is None else status.printing.waiting
        return f"{self._say('operator.waiting')}: {count}" if count else self._say("page.ready")

    def _free(self, status: Status) -> str:
        if status.disk.away:
            return self._say("banner.archive-away")
        return self._say("operator.free", size=self._say.size(status.disk.free_bytes))

    def _fps(self, status: Status) -> str:
        return f"{status.live.fps:.0f} fps"
