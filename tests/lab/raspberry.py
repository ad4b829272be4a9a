"""A Debian whose picamera2 opens libcamera's virtual camera instead of a sensor."""

from __future__ import annotations

from pathlib import Path

from tests.lab.debian import Debian
from tests.lab.readme import commands

PICAMERA2 = "0.3.38"
STAND_INS = Path(__file__).with_name("virtual_camera")
BACKPORTS = "deb http://deb.debian.org/debian trixie-backports main\n"
INSTALL = f"""
apt-get update -q
apt-get install -q --no-install-recommends python3-pip python3-numpy python3-pil python3-pytest \\
    gcc libc6-dev python3-dev libcap-dev
apt-get install -q --no-install-recommends -t trixie-backports python3-libcamera
pip install --break-system-packages --root-user-action=ignore picamera2=={PICAMERA2}
gcc -shared -fPIC -O2 -o /usr/local/lib/heap.so /usr/local/src/heap.c
echo /usr/local/lib/heap.so > /etc/ld.so.preload
echo 'from virtual_camera import Picamera2' >> "$(echo /usr/local/lib/python3*/dist-packages/picamera2/__init__.py)"
"""


def install_picamera2(debian: Debian) -> None:
    """Install picamera2, which Raspberry Pi OS has as a package, and what the virtual camera needs."""
    debian.write("etc/apt/sources.list.d/backports.list", BACKPORTS)
    for name, folder in (
        ("heap.c", "usr/local/src"),
        ("virtual.yaml", "usr/share/libcamera/pipeline/virtual"),
        ("pykms.py", "usr/lib/python3/dist-packages"),
        ("virtual_camera.py", "usr/lib/python3/dist-packages"),
    ):
        debian.write(f"{folder}/{name}", (STAND_INS / name).read_text())
    debian.enter(INSTALL, keep=True)


def check_on_virtual_camera(debian: Debian) -> int:
    """Install the station with README's commands for a Pi and run the checks. Returns 0 if all passed, else 1."""
    packages, install, _ = commands("pi").splitlines()
    try:
        print(
            debian.enter(f"""
{packages.replace("python3-picamera2 python3-lgpio", "python3-numpy")}
cp -r /lab/capture-station /srv && cd /srv/capture-station
{install}
mkdir /dev/dma_heap && touch /dev/dma_heap/linux,cma
.venv/bin/python -m pytest -v -rP -p no:cacheprovider tests/lab/check_raspberry.py
"""),
            flush=True,
        )
    except AssertionError as error:
        print(error)
        return 1
    return 0
