"""README's rule for polkit lets the service's user restart the machine, asked from inside the service's sandbox."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lab.readme import CHECKOUT
from tests.lab.unit import eventually

UNIT = Path("/run/systemd/system/power-check.service")
RULE = Path("/etc/polkit-1/rules.d/50-capture-station.rules")
ANSWER = Path("/run/power-check.log")
ASK = "from capture_station.service.power import Power; print(Power().allows())"
FOR_A_STATION = re.compile(r"^(WatchdogSec|Restart|RestartSec|RestartPreventExitStatus|WantedBy)=.*\n", re.MULTILINE)


def allowed() -> bool:
    """What systemd tells a process in the sandbox of the station's own unit."""
    text = FOR_A_STATION.sub("", (CHECKOUT / "systemd" / "capture-station.service").read_text())
    text = text.replace("Type=notify", f"Type=oneshot\nStandardOutput=truncate:{ANSWER}")
    text = re.sub(
        "^ExecStart=.*$",
        f'ExecStart=/usr/bin/python3 -c "{ASK}"\nEnvironment=PYTHONPATH={CHECKOUT}',
        text,
        flags=re.MULTILINE,
    )
    UNIT.parent.mkdir(parents=True, exist_ok=True)
    UNIT.write_text(text)
    subprocess.run(["systemctl", "daemon-reload"], check=True)
    subprocess.run(["systemctl", "start", UNIT.name], check=True)
    return ANSWER.read_text().strip() == "True"


@pytest.mark.skipif(shutil.which("pkaction") is None, reason="the system was built without polkitd")
def test_readmes_rule_lets_the_service_restart_the_machine() -> None:
    subprocess.run(["systemd-sysusers", CHECKOUT / "systemd" / "capture-station.sysusers"], check=True)
    RULE.unlink(missing_ok=True)
    assert not allowed()
    rule = re.search(r"```js\n(.*?)```", (CHECKOUT / "README.md").read_text(), re.DOTALL)
    assert rule is not None
    RULE.parent.mkdir(parents=True, exist_ok=True)
    RULE.write_text(rule[1])
    eventually(allowed)  # polkit looks at its folder now and then.
