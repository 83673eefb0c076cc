"""Tests of delivery/targets/."""
