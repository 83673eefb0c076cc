"""Tests of the other rooms, mirrored by name."""
