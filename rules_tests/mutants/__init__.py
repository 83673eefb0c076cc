"""Mutation testing: small faults are put into the built rules, and the promtool tests must tell."""
