"""What the kiosk tells beside the live picture: what to do, in which direction, and how fast the pictures come."""

from __future__ import annotations

from capture_station.frontends.window.scene import Arrow
from capture_station.locales.messages import Messages
from capture_station.station.status import Hint, Preview, State, Status

ARROW_TO = {"top": Arrow.UP, "left": Arrow.LEFT, "right": Arrow.RIGHT, "bottom": Arrow.DOWN}
"""By the sides of the screen."""


def told(status: Status, messages: Messages, notice: str, hint: Hint | None) -> str:
    """The sentence, most urgent first.

    Args:
        status: The station's.
        messages: In the person's language.
        notice: What a press came to; empty for nothing.
        hint: What is in the way of a good portrait.
    """
    if status.state is State.STOPPING:
        return messages("state.stopping")
    if status.captures.countdown_left_s is not None:
        return messages("notice.countdown-neutral" if status.framing.neutral else "notice.countdown")
    if status.captures.in_progress:
        return messages("notice.capturing")
    if notice:
        return notice
    if status.state is State.STARTING:
        return messages("state.starting")
    return "" if hint is None else messages(f"hint.{hint.value}")


def phase(status: Status) -> str | None:
    """The capture's phase; None without a capture."""
    if status.captures.countdown_left_s is not None:
        return "countdown"
    return "exposure" if status.captures.in_progress else None


def arrow_of(hint: Hint | None, mirrored: bool) -> Arrow | None:
    """Hints name the person's own left and right: a mirrored picture shows them unchanged, others the reverse."""
    if hint is Hint.MOVE_LEFT:
        return Arrow.LEFT if mirrored else Arrow.RIGHT
    if hint is Hint.MOVE_RIGHT:
        return Arrow.RIGHT if mirrored else Arrow.LEFT
    return None


def corner(status: Status, messages: Messages, preview: Preview | None, now_s: float) -> str:
    """Frame rate and latency."""
    latency = "-" if preview is None else f"{(now_s - preview.captured_at_s) * 1000:.0f}"
    return messages("corner", fps=f"{status.live.fps:.0f}", latency=latency)
