"""Run a program of an unpacked Debian package that reads from a fixed folder.

Debian's Alertmanager does not start without its default templates, which are in a folder below
/usr/share whose path is compiled into the program. So a copy is made that reads them below its
working folder: `usr//share` is as long as `/usr/share`, and is the same place relative to the
package's root.
"""

import os
from pathlib import Path

_FIXED = b"/usr/share/prometheus/alertmanager"
_BELOW = b"usr//share/prometheus/alertmanager"


def relocated(package: Path, program: Path) -> tuple[str, ...]:
    """The command that runs `program` of the unpacked `package`; its arguments need absolute paths.

    A program that reads no such folder is run unchanged.
    """
    content = program.read_bytes()
    if _FIXED not in content or Path(os.fsdecode(_FIXED)).is_dir():
        return (str(program),)
    copy = program.with_name(f"{program.name}.relocated")
    if not copy.exists():
        fresh = program.with_name(f"{program.name}.{os.getpid()}")
        fresh.write_bytes(content.replace(_FIXED, _BELOW))
        fresh.chmod(0o755)
        fresh.rename(copy)
    return ("env", f"--chdir={package}", str(copy))
