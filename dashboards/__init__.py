"""The dashboard as data."""
