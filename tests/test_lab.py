"""The lab's checks can be collected on the lab's systems, which have Python and pytest and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LAB = Path(__file__).parent / "lab"
IN_THE_SYSTEMS = [
    "check_service.py",
    "check_page.py",
    "check_sandbox.py",
    "check_power.py",
    "check_kiosk.py",
    "check_camera.py",
]

COLLECT = """
import sys

BARE = {"pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "exceptiongroup", "tomli", "attr", "py"}

class OnlyPytest:
    def find_spec(self, name, path=None, target=None):
        first = name.partition(".")[0]
        if first in sys.stdlib_module_names or first in BARE or first in ("tests", "_virtualenv"):
            return None
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, OnlyPytest())
import pytest
sys.exit(pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
"""


@pytest.mark.parametrize("check", [*IN_THE_SYSTEMS, "check_install.py"])
def test_checks_need_nothing_but_pytest(check: str) -> None:
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "CAPTURE_STATION_LAB": "/nowhere:/nowhere"}
    environment.pop("COVERAGE_PROCESS_START", None)
    collected = subprocess.run(
        [sys.executable, "-c", COLLECT, str(LAB / check)],
        cwd=LAB.parents[1],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert collected.returncode == 0, collected.stdout + collected.stderr
    assert f"{check}::test_" in collected.stdout


def test_all_checks_are_known() -> None:
    elsewhere = {"check_install.py", "check_raspberry.py", "check_month.py"}
    assert {path.name for path in LAB.glob("check_*.py")} == {*IN_THE_SYSTEMS, *elsewhere}
