"""Values from outside: feeds that others export, checked at the door, and the indicators measured on them."""

from pipeline.indicators.feeds import Counted, Exemption, Feeds, Given
from pipeline.indicators.registry import INDICATORS, Indicator

__all__ = ["INDICATORS", "Counted", "Exemption", "Feeds", "Given", "Indicator"]
