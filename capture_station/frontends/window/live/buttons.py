"""The buttons below the live picture: for a guest what a guest needs, without a PIN also what an operator needs."""

from __future__ import annotations

from capture_station.frontends.window.people.check_in_flow import CheckInFlow
from capture_station.frontends.window.scene import Action, Button
from capture_station.locales.messages import Messages
from capture_station.station.status import State, Status


def live_buttons(
    status: Status,
    messages: Messages,
    check_in: CheckInFlow,
    correctable: bool,
    guest: bool,
    language: Button | None,
) -> tuple[Button, ...]:
    """At most four buttons.

    Args:
        status: The station's.
        messages: In the guest's language.
        check_in: Knows whether a portrait may be taken of whoever is checked in.
        correctable: The portrait just kept may be somebody else's.
        guest: An operator has pages of their own for view and guide.
        language: Chooses another language; None where there is one only.
    """
    subjects = status.subjects
    refused = bool(status.disk.trouble) or status.captures.in_progress
    ready = status.state is State.RUNNING and not refused and check_in.ready(subjects)
    named = subjects.mode != "required" or subjects.current is not None
    capture = Button(Action.CAPTURE, messages("button.capture"), primary=named, enabled=ready)
    first = () if guest else (Button(Action.VIEW, messages("button.view")),)
    if language is not None:
        first = (language, *first)
    if subjects.mode == "off":
        return (*first, capture, *(() if guest else (Button(Action.GUIDE, messages("button.guide")),)))
    if correctable:
        first = (*(() if language is None else (language,)), Button(Action.WRONG_PERSON, messages("person.wrong")))
    if subjects.current is not None:
        return (*first, capture, Button(Action.NEXT, messages("button.next")))
    return (*first, capture, Button(Action.SEARCH, messages("button.search"), primary=not named))
