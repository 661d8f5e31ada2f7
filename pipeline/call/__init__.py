"""A call and its recording, as the records describe them."""

from pipeline.call.call import SHANGHAI, Call, Direction, Leg, Recording, Rejected, Status, day_of, line_title

__all__ = ["SHANGHAI", "Call", "Direction", "Leg", "Recording", "Rejected", "Status", "day_of", "line_title"]
