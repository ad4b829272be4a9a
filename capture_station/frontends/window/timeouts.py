"""Times that several parts of the window share."""

POSTPONED_S = 1.0
"""While somebody is asked something, nothing else starts for so long, counted anew from each scene."""
UNUSED_S = 60.0
"""A search or menu that nobody uses closes by itself."""
