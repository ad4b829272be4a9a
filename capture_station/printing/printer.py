"""What the station asks of a printer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PrinterState:
    """A printer at one moment."""

    problems: tuple[str, ...] = ()
    """Keywords such as ``media-empty`` and ``offline`` (RFC 8011, 5.4.12, printer-state-reasons, without suffix)."""
    jobs: frozenset[str] = frozenset()
    """Jobs that are not finished, whoever sent them."""


class Printer(Protocol):
    """A printer. Its methods may wait some seconds for it; they belong to one thread."""

    def submit(self, pdf: bytes, title: str, copies: int, media: str) -> str:
        """Hand a PDF over and return the name of its job.

        Args:
            pdf: Printed at its exact size.
            title: Shown in the printer's list of jobs.
            copies: At least one.
            media: Self-describing name of the paper (PWG 5101.1).

        Raises:
            PrintError: The printer did not take it.
        """
        ...

    def state(self) -> PrinterState:
        """How the printer is doing.

        Raises:
            PrintError: It cannot be asked.
        """
        ...

    def cancel(self, job: str) -> None:
        """End a job that is not finished.

        Raises:
            PrintError: The printer refused.
        """
        ...
