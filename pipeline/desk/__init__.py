"""The review desk: supervisors hear, judge and settle disputes in a browser. The only room with a web framework.

Knows pages, forms and who is signed in; what is decided, and what follows from it, is in the rest of `pipeline`.
"""

from pipeline.desk.app import create_app
from pipeline.desk.desk import Desk

__all__ = ["Desk", "create_app"]
