"""The station as a systemd service: its journal entries and its state notifications."""
