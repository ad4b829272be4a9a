"""Printing: portraits laid out on sheets in exact millimetres, as PDF, and a printer that takes them."""
