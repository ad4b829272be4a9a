"""The language that guests choose at the kiosk, and the menu in which they choose it."""

from __future__ import annotations

from collections.abc import Sequence

from capture_station.config import Language
from capture_station.frontends.window.menu.focus import MenuFocus
from capture_station.frontends.window.scene import Action, Button, Menu, Picked, Press, Tile
from capture_station.frontends.window.timeouts import POSTPONED_S, UNUSED_S
from capture_station.locales.messages import ChosenMessages, Messages
from capture_station.station.contract import PublicStation


class LanguageChoice:
    """One kiosk's languages. Used by one thread.

    Args:
        messages: Everything that guests read; its language changes.
        others: What can be chosen beside its first language; empty: nothing.
    """

    def __init__(self, messages: ChosenMessages, others: Sequence[Language]) -> None:
        self._messages = messages
        self._first = messages.language
        self._all = tuple(dict.fromkeys((messages.language, *others)))
        self._names = {code: Messages(code)("guest.language-name") for code in self._all} if others else {}
        self._focus = MenuFocus()
        self.is_open = False

    @property
    def is_offered(self) -> bool:
        return len(self._all) > 1

    def tiles(self) -> tuple[Tile, ...]:
        """One for each language, in its own words."""
        now = self._messages.language
        return tuple(Tile(Picked("language", code), name, chosen=code == now) for code, name in self._names.items())

    def button(self) -> Button:
        """The other one of two languages; of more, a menu."""
        if len(self._all) == 2:
            other = next(code for code in self._all if code != self._messages.language)
            return Button(Picked("language", other), self._names[other])
        return Button(Action.LANGUAGE, self._messages("guest.language"))

    def meant(self, press: Press) -> Press | None:
        """What a press stands for while the menu is open."""
        if not self.is_open:
            return press
        return self._focus.meant(press, [*(tile.press for tile in self.tiles()), Action.BACK])

    def press(self, press: Press) -> bool:
        """Whether the press was about the language; then it is done."""
        match press:
            case Action.LANGUAGE if len(self._all) == 2:
                return self.press(self.button().action)
            case Action.LANGUAGE if self.is_offered:
                self.is_open, self._focus = True, MenuFocus()
            case Picked("language", code) if code in self._all:
                self._messages.speak(code)
                self.is_open = False
            case Action.BACK if self.is_open:
                self.is_open = False
            case _:
                return False
        return True

    def follow(self, station: PublicStation, unused_s: float) -> None:
        """While the menu is open, nothing starts hands free. It closes when nobody has touched it for a while."""
        if self.is_open:
            station.postpone_auto(POSTPONED_S)
            self.is_open = unused_s < UNUSED_S

    def close(self) -> None:
        self.is_open = False

    def reset(self) -> None:
        """Greet the next guest in the first language."""
        self._messages.speak(self._first)
        self.is_open = False

    def menu(self) -> Menu | None:
        """The menu while it is open."""
        return Menu(self._messages("guest.language"), self.tiles(), focus=self._focus.at) if self.is_open else None

    def buttons(self) -> tuple[Button, ...]:
        return (Button(Action.BACK, self._messages("operator.back")),)
