"""Mutants that no test can kill, each with the reason why it does what the built rules do."""

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Equivalent:
    """Mutants by the pattern of their names, in which `*` stands for any text."""

    pattern: str
    reason: str

    def covers(self, name: str) -> bool:
        """Whether the mutant `name` is one of these."""
        # Brackets are PromQL's here.
        return fnmatchcase(name, self.pattern.replace("[", "[[]"))


EQUIVALENT: tuple[Equivalent, ...] = ()
