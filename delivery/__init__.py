"""From built values to files: which files there are, how they are written, what has drifted."""
