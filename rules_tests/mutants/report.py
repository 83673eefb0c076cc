"""The report on mutation testing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from rules_tests.mutants.equivalent import Equivalent
from rules_tests.mutants.runner import Outcome, Verdict

_COLUMNS = (*Outcome, "equivalent")
_WIDTH = 130
"""Columns that the longest rule name needs; a narrower width of the output is raised to this."""


@dataclass
class Report:
    """Verdicts, compared with the list of equivalent mutants."""

    verdicts: Sequence[Verdict]
    listed: Sequence[Equivalent]
    whole: bool = True
    """Whether all mutants were judged; if not, a listed pattern may match none."""

    @property
    def survivors(self) -> list[Verdict]:
        """The survivors that are not listed."""
        survived = [found for found in self.verdicts if found.outcome == Outcome.SURVIVED]
        return [found for found in survived if not self._is_listed(found)]

    def stale(self) -> list[str]:
        """What is wrong in the list: patterns without a mutant, mutants that did not survive."""
        said = []
        for entry in self.listed:
            covered = [found for found in self.verdicts if entry.covers(found.mutant.name)]
            if not covered and self.whole:
                said.append(f"{entry.pattern}: is no mutant")
            said += [
                f"{found.mutant.name}: {found.outcome} {found.test and f'by {found.test}'}".strip()
                for found in covered
                if found.outcome != Outcome.SURVIVED
            ]
        return said

    def show(self) -> None:
        """Print the counts of each rule, the survivors that are not listed, and `stale`."""
        console = Console(highlight=False, markup=False)
        console.width = max(console.width, _WIDTH)
        console.print(self._table())
        for verdict in self.survivors:
            print(f"\nsurvived: {verdict.mutant.name}\n{verdict.mutant.diff}")
        for line in self.stale():
            print(f"\nlisted as equivalent, but {line}")

    def _table(self) -> Table:
        counts: Counter[tuple[str, str]] = Counter()
        for verdict in self.verdicts:
            survived = verdict.outcome == Outcome.SURVIVED
            column = "equivalent" if survived and self._is_listed(verdict) else verdict.outcome
            counts[verdict.mutant.rule, column] += 1
            counts["all", column] += 1
        table = Table("rule")
        for column in _COLUMNS:
            table.add_column(column, justify="right")
        for rule in dict.fromkeys([*(found.mutant.rule for found in self.verdicts), "all"]):
            table.add_row(rule, *(str(counts[rule, column]) for column in _COLUMNS))
        return table

    def _is_listed(self, verdict: Verdict) -> bool:
        return any(entry.covers(verdict.mutant.name) for entry in self.listed)
