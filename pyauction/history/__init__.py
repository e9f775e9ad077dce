"""Replaying history."""


class Mapping:
    """Placeholder."""


def replay_history() -> None:
    """Placeholder."""
