"""The portrait under review: kept, taken again, looked at closely."""
