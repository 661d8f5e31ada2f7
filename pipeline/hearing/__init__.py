"""A call as it was heard: words with their times and roles, sounds, and how sure each is."""

from pipeline.hearing.hearing import VERSION, Acoustics, Hearing, Look, Quality, Stretch, Unheard

__all__ = ["VERSION", "Acoustics", "Hearing", "Look", "Quality", "Stretch", "Unheard"]
