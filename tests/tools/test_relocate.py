import subprocess
from pathlib import Path

from tools.relocate import relocated

READS = "#!/bin/sh\ncat /usr/share/prometheus/alertmanager/default.tmpl\n"


def _package(folder: Path, script: str) -> tuple[Path, Path]:
    templates = folder / "usr/share/prometheus/alertmanager"
    templates.mkdir(parents=True)
    (templates / "default.tmpl").write_text("the template")
    program = folder / "usr/bin/program"
    program.parent.mkdir()
    program.write_text(script)
    program.chmod(0o755)
    return folder, program


def test_a_program_finds_its_folder_below_where_it_was_unpacked(tmp_path: Path) -> None:
    package, program = _package(tmp_path / "package", READS)
    for _ in range(2):  # the second time the copy is there
        command = relocated(package, program)
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd="/")
        assert done.stdout == "the template"
    assert program.read_text() == READS


def test_a_program_that_reads_no_such_folder_is_run_as_it_is(tmp_path: Path) -> None:
    package, program = _package(tmp_path / "package", "#!/bin/sh\nexit 0\n")
    assert relocated(package, program) == (str(program),)
