"""A configuration that has another value than the contract's for everything."""

from tools import ROOT

OTHER = ROOT / "rules_tests/other-monitoring.yaml"
