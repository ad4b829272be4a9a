"""What people agree to, where not every language of the station has a text."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from capture_station.config import StationSettings
from capture_station.subjects.consent_texts import consent_advice, consent_text

TEXTS = {"en": "We keep your portrait.", "de": "Wir behalten dein Bild."}


def test_a_language_without_a_text_is_shown_the_first_one() -> None:
    assert consent_text(TEXTS, "de") == "Wir behalten dein Bild."
    assert consent_text(TEXTS, "pl") == "We keep your portrait."
    assert consent_text({}, "pl") == ""


def test_the_operator_is_told_which_languages_have_no_text_and_what_they_show() -> None:
    assert consent_advice(TEXTS, ["de", "pl"]) == (
        "subjects.consent has no text in pl; whoever reads the station in this language is shown the text in en"
    )
    assert "no text in pl, tr; whoever reads the station in one of these" in consent_advice(TEXTS, ["pl", "en", "tr"])
    assert consent_advice(TEXTS, ["de", "en"]) == consent_advice({}, ["pl"]) == ""


def test_the_languages_are_the_stations_own_and_those_that_guests_choose() -> None:
    assert StationSettings.model_validate({"language": "de", "window": {"languages": ["en", "de"]}}).languages == (
        "de",
        "en",
    )


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"subjects\.consent\.en"):
        StationSettings.model_validate({"subjects": {"consent": {"en": " "}}})
