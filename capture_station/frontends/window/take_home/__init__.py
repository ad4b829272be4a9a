"""After Keep: a QR code to take the portrait home, and a print."""
