"""The cost of one evaluation of the rules, in samples that Prometheus reads."""
