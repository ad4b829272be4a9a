"""The HTTP interface's routes, a file a subject."""
