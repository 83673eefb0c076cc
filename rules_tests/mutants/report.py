"""The report on mutation testing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from rules_tests.mutants.equivalent import covers
from rules_tests.mutants.rules import Mutant

_COLUMNS = ("killed", "survived", "equivalent")
_WIDTH = 130
"""Columns that the longest rule name needs; a narrower width of the output is raised to this."""


@dataclass(frozen=True)
class Report:
    """Mutants and the tests that kill them, compared with the list of equivalent mutants."""

    mutants: Sequence[Mutant]
    killers: Mapping[str, str]
    """By the mutant's name, the test that kills it; empty where none does."""
    listed: Sequence[str]
    """Patterns of names of equivalent mutants."""
    whole: bool = True
    """Whether all mutants were judged; if not, a listed pattern may match none."""

    @property
    def survivors(self) -> list[Mutant]:
        """The survivors that are not listed."""
        return [one for one in self.mutants if self._column(one) == "survived"]

    def stale(self) -> list[str]:
        """What is wrong in the list: patterns without a mutant, mutants that did not survive."""
        said = []
        for pattern in self.listed:
            covered = [one.name for one in self.mutants if covers(pattern, one.name)]
            if not covered and self.whole:
                said.append(f"{pattern}: is no mutant")
            said += [
                f"{name}: killed by {self.killers[name]}" for name in covered if self.killers[name]
            ]
        return said

    def show(self) -> None:
        """Print the counts of each rule, the survivors that are not listed, and `stale`."""
        counts = Counter(
            (rule, self._column(one)) for one in self.mutants for rule in (one.rule, "all")
        )
        table = Table("rule")
        for column in _COLUMNS:
            table.add_column(column, justify="right")
        for rule in dict.fromkeys([*(one.rule for one in self.mutants), "all"]):
            table.add_row(rule, *(str(counts[rule, column]) for column in _COLUMNS))
        console = Console(highlight=False, markup=False)
        console.width = max(console.width, _WIDTH)
        console.print(table)
        for mutant in self.survivors:
            print(f"\nsurvived: {mutant.name}\n{mutant.diff}")
        for line in self.stale():
            print(f"\nlisted as equivalent, but {line}")

    def _column(self, mutant: Mutant) -> str:
        if self.killers[mutant.name]:
            return "killed"
        listed = any(covers(pattern, mutant.name) for pattern in self.listed)
        return "equivalent" if listed else "survived"
