"""From a full-resolution frame and a coarse matte to a measured portrait: pure functions, no I/O."""
