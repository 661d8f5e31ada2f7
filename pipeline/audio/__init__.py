"""Samples of a recording: decoded, cut, and the ringing in them."""
