"""The texts that people agree to before they are photographed: one a language, and one for languages without a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def consent_text(texts: Mapping[str, str], language: str) -> str:
    """What is shown in a language; the first text where there is none in that language, and empty without any."""
    return texts.get(language) or next(iter(texts.values()), "")


def consent_advice(texts: Mapping[str, str], languages: Iterable[str]) -> str:
    """Which of the station's languages have no text, and what is shown instead, in one line; empty if all have one.

    Args:
        texts: As ``subjects.consent``, by ISO 639-1 code; without any, nobody is asked.
        languages: The codes of the languages that people can choose.
    """
    without = [language for language in dict.fromkeys(languages) if texts and not texts.get(language)]
    if not without:
        return ""
    return (
        f"subjects.consent has no text in {', '.join(without)}; whoever reads the station in "
        f"{'this language' if len(without) == 1 else 'one of these languages'} is shown the text in {next(iter(texts))}"
    )
