"""Values from outside: feeds that others export, checked at the door, and the indicators measured on them."""

from pipeline.indicators.exemptions import Exemption
from pipeline.indicators.feeds import Feeds, ManualValue, Ratio
from pipeline.indicators.registry import INDICATORS, Indicator
from pipeline.indicators.schemas import not_filled_in

__all__ = ["INDICATORS", "Exemption", "Feeds", "Indicator", "ManualValue", "Ratio", "not_filled_in"]
