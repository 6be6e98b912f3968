"""The filter of an audience, after AIP-160: read, checked, and made into something Postgres can ask.

It never becomes SQL. `compile` gives a jsonpath over one lead as a document, and the values apart from
it; the fixed statements pass both, as parameters, to the function `lead_matches`.
"""

from gateway.campaigns.filter.path import Compiled, compiled
from gateway.campaigns.filter.syntax import parse
from gateway.campaigns.filter.words import FilterError

__all__ = ["Compiled", "FilterError", "compiled", "parse"]
