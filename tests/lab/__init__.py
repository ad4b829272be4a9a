"""Tests on real systems: a minimal Debian, systemd as PID 1, a ``/dev/video0`` of the kernel, and the real picamera2.

``python3 -m tests.lab DIR``, as root on Debian 12 or later, builds the systems in DIR and runs each ``check_*.py`` on
the system it is for. This needs no hardware, 45 minutes, 8 GB of disk,
``apt-get install debootstrap systemd-container qemu-system-x86 python3-pytest``, and the network for the packages of
Debian and PyPI. Containers share the network of this machine, so port 8480 must be free. The ordinary tests do not run
the lab.
"""
