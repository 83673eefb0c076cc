"""Mutation testing: for each small fault in the built rules, a promtool test must fail."""
