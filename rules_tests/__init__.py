"""Tests of the rules: promtool test files, and pytest to run them."""
