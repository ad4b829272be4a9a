"""Proof on real systems: a Debian that has nothing, systemd as PID 1, a kernel's own ``/dev/video0``, a real picamera2.

``python3 -m tests.lab DIR`` as root on Debian 12 or later builds them into DIR and runs every ``check_*.py`` where it
belongs. Without hardware, three quarters of an hour, 8 GB. It needs
``apt-get install debootstrap systemd-container qemu-system-x86 python3-pytest``, and the network for Debian's packages
and PyPI's; containers have this machine's network, so its port 8480 must be free. Not part of the ordinary tests.
"""
