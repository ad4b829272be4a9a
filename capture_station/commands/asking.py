"""Asks the person at the terminal."""

from __future__ import annotations


def ask(question: str) -> str:
    """Show a question on stdout and return the line that is typed after it.

    Python's ``input`` would show the question on file descriptor 2, which on a terminal is filtered line by line: a
    question has no line end and would stay unseen until the program ends.

    Raises:
        EOFError: Nobody can answer.
    """
    print(question, end="", flush=True)
    return input()
