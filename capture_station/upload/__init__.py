"""Copies captures to another place: a folder, a bucket, a server."""
