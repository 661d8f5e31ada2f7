"""What was heard in a call, and by whom it was said."""

from pipeline.hearing.hearing import VERSION, Acoustics, Hearing, Look, LookZone, Quality, Stretch

__all__ = ["VERSION", "Acoustics", "Hearing", "Look", "LookZone", "Quality", "Stretch"]
