"""The rules and tests on each engine that users run: `python -m rules_tests.engines`."""
