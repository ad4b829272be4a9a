"""The kiosk window: drawn in a process of its own, by touch and keys."""
