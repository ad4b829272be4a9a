"""Reports on a whole session: contact sheets, and measures that drift."""
