"""Text of unknown origin on a terminal."""

from __future__ import annotations

import os

from capture_station.terminal_text import printable


def test_names_cannot_act_on_a_terminal() -> None:
    assert printable("a\x1b[31m\n\r\x9b\u202eb\u2028") == "a\\x1b[31m\\n\\r\\x9b\\u202eb\\u2028"
    assert printable(os.fsdecode(b"caf\xe9")) == "caf\\udce9"
    assert printable("Zoë 北京, 100 %") == "Zoë 北京, 100 %"
