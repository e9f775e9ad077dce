"""Rule books: the rules of provinces, cities and notices as data. One TOML file a source, every value with its source.

`rulebook("taicang")` returns one; `rulebook("taicang").auction(unit="万元", start_price="319", ...)` the auction type with
these rules and the values that the source leaves open. A notice's own file is read by its path and may be based on a
book, or on another file.
"""

from __future__ import annotations

from .book import Open, Rulebook, Stated
from .check import Checked, check
from .compare import Difference, PeriodDifference, differences, period_differences
from .document import Problem
from .parameters import FORMS, PARAMETERS, Parameter
from .reader import rulebook, rulebook_names

__all__ = [
    "FORMS",
    "PARAMETERS",
    "Checked",
    "Difference",
    "Open",
    "Parameter",
    "PeriodDifference",
    "Problem",
    "Rulebook",
    "Stated",
    "check",
    "differences",
    "period_differences",
    "rulebook",
    "rulebook_names",
]
