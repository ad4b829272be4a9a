"""The operator's pages behind a PIN."""
