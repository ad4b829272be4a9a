"""Exchanges left and right of what a screen offers, for languages that are read from right to left.

Not of everything: the keys of a keyboard and of a PIN keep their order, and the live picture keeps its sides.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from capture_station.frontends.window.attract.layout import AttractLayout
from capture_station.frontends.window.menu.layout import MenuLayout, PinPadLayout
from capture_station.frontends.window.people.search_layout import SearchLayout
from capture_station.frontends.window.rect import Rect
from capture_station.frontends.window.review.layout import ReviewLayout

_T = TypeVar("_T")


def mirrored_places(places: tuple[tuple[Rect, _T], ...], screen_w: int) -> tuple[tuple[Rect, _T], ...]:
    """Places with what is there, such as buttons."""
    return tuple((rect.mirrored(screen_w), what) for rect, what in places)


def mirrored_menu(menu: MenuLayout, screen_w: int) -> MenuLayout:
    return replace(
        menu,
        title=menu.title.mirrored(screen_w),
        aside=_rect(menu.aside, screen_w),
        note=_rect(menu.note, screen_w),
        facts=mirrored_places(menu.facts, screen_w),
        tiles=mirrored_places(menu.tiles, screen_w),
    )


def mirrored_pin_pad(pad: PinPadLayout, screen_w: int) -> PinPadLayout:
    left = min(rect.x for rect, _ in pad.keys)
    right = max(rect.x + rect.w for rect, _ in pad.keys)
    shift = screen_w - right - left
    return PinPadLayout(
        title=pad.title.mirrored(screen_w),
        digits=pad.digits.mirrored(screen_w),
        notice=pad.notice.mirrored(screen_w),
        keys=tuple((rect._replace(x=rect.x + shift), key) for rect, key in pad.keys),
    )


def mirrored_search(search: SearchLayout, screen_w: int) -> SearchLayout:
    return replace(
        search,
        field=search.field.mirrored(screen_w),
        results=search.results.mirrored(screen_w),
        portrait=_rect(search.portrait, screen_w),
        people=mirrored_places(search.people, screen_w),
        buttons=mirrored_places(search.buttons, screen_w),
    )


def mirrored_review(review: ReviewLayout, screen_w: int) -> ReviewLayout:
    return replace(
        review,
        picture=review.picture.mirrored(screen_w),
        text=review.text.mirrored(screen_w),
        ranges=_rect(review.ranges, screen_w),
        previous=_rect(review.previous, screen_w),
    )


def mirrored_attract(attract: AttractLayout, screen_w: int) -> AttractLayout:
    return replace(attract, languages=mirrored_places(attract.languages, screen_w))


def _rect(rect: Rect | None, screen_w: int) -> Rect | None:
    return None if rect is None else rect.mirrored(screen_w)
