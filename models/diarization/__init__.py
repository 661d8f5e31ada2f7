"""Who speaks when on a mixed channel, and how a speaker sounds."""

from models.diarization.diarizer import Diarizer, Pyannote
from models.diarization.voices import Campplus, Embedder

__all__ = ["Campplus", "Diarizer", "Embedder", "Pyannote"]
