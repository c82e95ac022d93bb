"""The questions of a command in the terminal, each with a default that Enter takes. Unattended, nothing is asked."""

from collections.abc import Callable
from dataclasses import dataclass

YES, NO = {"y", "yes"}, {"n", "no"}


@dataclass(frozen=True)
class Questions:
    """`ask` prints a text and returns the answer; None where nobody answers."""

    ask: Callable[[str], str] | None

    def text(self, question: str, default: str) -> str:
        """The answer, or the default."""
        answer = self.ask(f"{question} [{default or 'none'}]: ").strip() if self.ask else ""
        return answer or default

    def yes(self, question: str, default: bool) -> bool:
        """Whether the answer is yes. Anything else than yes or no is asked again."""
        while self.ask:
            answer = self.ask(f"{question} [{'Y/n' if default else 'y/N'}]: ").strip().lower()
            if answer in YES | NO or not answer:
                return answer in YES if answer else default
        return default
