"""What a target gives: paths below the checkout, and texts."""

from pathlib import PurePosixPath

Files = dict[PurePosixPath, str]

CLUSTER = PurePosixPath("cluster")
"""Below it stands all that users deploy."""
