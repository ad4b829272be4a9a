"""Photos that exist already: found, read, cleaned one by one or many at once."""
