"""A call and its recording, as the records describe them."""

from pipeline.call.call import SHANGHAI, Call, Direction, Recording, Rejected, Status, day_of, line_title
from pipeline.call.leg import Leg, Part, Placed

__all__ = [
    "SHANGHAI",
    "Call",
    "Direction",
    "Leg",
    "Part",
    "Placed",
    "Recording",
    "Rejected",
    "Status",
    "day_of",
    "line_title",
]
