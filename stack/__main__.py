"""The command `python -m stack`."""

import signal
import sys

# Ctrl-C while the modules below are loaded, which takes a second, is no error of theirs.
signal.signal(signal.SIGINT, lambda number, _: sys.exit(128 + number))

from stack.commands import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
