"""What people read, a file a language."""
