"""Tests of exporter_stub/."""
