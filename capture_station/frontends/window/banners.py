"""The faults that a kiosk tells until somebody acts: no camera, no disk, an old roster, an unknown person."""

from __future__ import annotations

from capture_station.frontends.window.review.flow import sentence
from capture_station.frontends.window.scene import Banner
from capture_station.locales.messages import Messages
from capture_station.station.status import PrintingStatus, State, Status


def banners(status: Status, messages: Messages, person: Banner | None) -> tuple[Banner, ...]:
    """What is wrong now, most important first; ``person``: what is wrong with who was scanned."""
    found = []
    reason = sentence(messages.trouble(status.trouble)) if status.trouble else status.reason.rstrip(".")
    if status.state is State.DEGRADED:
        banner = "banner.over" if status.trouble and status.trouble.final else "banner.no-camera"
        found.append(Banner(messages(banner), messages(f"{banner}-detail", reason=reason)))
    elif status.camera is not None and status.camera.stands_in:
        banner = "banner.demo-instead" if reason else "banner.demo"
        found.append(Banner(messages(banner), messages(f"{banner}-detail", reason=reason)))
    if trouble := status.disk.trouble:
        detail = messages(f"banner.{trouble}-detail", free=messages.size(status.disk.free_bytes))
        found.append(Banner(messages(f"banner.{trouble}"), detail))
    if status.printing is not None and status.printing.stopped:
        detail = printer_trouble(status.printing, messages) + messages("full-stop")
        found.append(Banner(messages("banner.printer"), detail))
    if error := status.subjects.roster_error:
        found.append(Banner(messages("banner.roster"), messages("banner.roster-detail", reason=f"{sentence(error)}.")))
    if person is not None:
        found.append(person)
    return tuple(found)


def guest_banners(status: Status, messages: Messages, person: Banner | None) -> tuple[Banner, ...]:
    """The same for guests: that no portraits can be taken now, and what they can do."""
    closed = status.state is State.DEGRADED or status.disk.trouble
    soon = (Banner(messages("guest.soon"), messages("guest.soon-detail")),) if closed else ()
    return soon if person is None else (*soon, person)


def printer_trouble(printing: PrintingStatus, messages: Messages) -> str:
    """Why the printer does not print, as one or more sentences without the last full stop; empty while it does."""
    if printing.trouble:
        return messages("printer.unreachable")
    known = (f"printer.{problem}" for problem in printing.problems)
    stop = messages("full-stop")
    return (f"{stop} " if stop == "." else stop).join(
        messages(key if key in messages.texts else "printer.other") for key in known
    )
