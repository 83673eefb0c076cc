"""The command `python -m stack`."""

import signal
import sys

# Loading the modules below takes a second; Ctrl-C must not raise an error from within them.
signal.signal(signal.SIGINT, lambda number, _: sys.exit(128 + number))

from stack.commands import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
