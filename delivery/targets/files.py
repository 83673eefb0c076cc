"""The result of a target: paths below the checkout, and texts."""

from pathlib import PurePosixPath

Files = dict[PurePosixPath, str]

CLUSTER = PurePosixPath("cluster")
"""The folder of everything that users deploy."""
