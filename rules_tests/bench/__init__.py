"""What a minute's evaluation of the rules costs, counted in samples that Prometheus reads."""
