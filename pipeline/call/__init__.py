"""A call and its recording, as the records describe them."""

from pipeline.call.call import SHANGHAI, Call, Direction, Recording, Rejected, Status, day_of

__all__ = ["SHANGHAI", "Call", "Direction", "Recording", "Rejected", "Status", "day_of"]
