"""From built values to files: which files exist, how they are written, and how they differ."""
