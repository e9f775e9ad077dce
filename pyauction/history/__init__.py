"""Historical bid logs: read through a mapping, replayed through the engine, compared with what was recorded."""

from .draft import draft_mapping
from .findings import MappingError, Mismatch, Skipped
from .mapping import Mapping
from .replay import replay_history
from .report import HistoryReport

__all__ = ["HistoryReport", "Mapping", "MappingError", "Mismatch", "Skipped", "draft_mapping", "replay_history"]
