"""Tests of preview/."""
