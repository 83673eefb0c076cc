"""What proves the rules: promtool's own test files, and pytest around them."""
