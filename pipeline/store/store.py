"""The store: one database, and its parts, each of which keeps one thing."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from sqlalchemy import Engine

from pipeline.store.calls.calls import Calls
from pipeline.store.calls.evaluations import Evaluations
from pipeline.store.calls.hearings import Hearings
from pipeline.store.calls.nights import Nights
from pipeline.store.calls.recordings import Recordings
from pipeline.store.calls.tiers import Tiers
from pipeline.store.calls.voices import Voices
from pipeline.store.learning.calibrations import Calibrations
from pipeline.store.learning.classifiers import Classifiers
from pipeline.store.learning.demotions import Demotions
from pipeline.store.learning.labels import Labels
from pipeline.store.learning.opinions import Opinions
from pipeline.store.months.acknowledgements import Acknowledgements
from pipeline.store.months.coaching import Coaching
from pipeline.store.months.ledger import Ledger
from pipeline.store.months.months import Months
from pipeline.store.months.plans import Plans
from pipeline.store.months.scorecards import Scorecards
from pipeline.store.people.accounts import Accounts, Sessions
from pipeline.store.people.answers import Answers
from pipeline.store.people.audit import Audit
from pipeline.store.people.corrections import Corrections
from pipeline.store.people.disputes import Disputes
from pipeline.store.people.drafts import Drafts
from pipeline.store.people.ratings import Ratings
from pipeline.store.people.roster import Roster
from pipeline.store.queue.plans import SamplingPlans
from pipeline.store.queue.queue import Queue
from pipeline.store.queue.readings import Readings
from pipeline.store.schema import open_engine
from pipeline.store.search import Search


class Store:
    """The store of calls and of all that is kept of them, on SQLite or PostgreSQL.

    It may be shared by threads; other processes open their own.

    Every method of a part raises `StoreError` when the database stays locked, is full, or is gone.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from pipeline.evaluation.fingerprint import Fingerprint
    >>> with TemporaryDirectory() as folder, Store.open(f"sqlite:///{folder}/callqa.db") as store:
    ...     store.calls.done(Fingerprint())
    {}
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.calls = Calls(engine)
        self.recordings = Recordings(engine)
        self.hearings = Hearings(engine)
        self.nights = Nights(engine)
        self.corrections = Corrections(engine)
        self.voices = Voices(engine)
        self.search = Search(engine)
        self.evaluations = Evaluations(engine)
        self.tiers = Tiers(engine)
        self.answers = Answers(engine)
        self.disputes = Disputes(engine)
        self.queue = Queue(engine)
        self.readings = Readings(engine)
        self.sampling_plans = SamplingPlans(engine)
        self.months = Months(engine)
        self.plans = Plans(engine)
        self.acknowledgements = Acknowledgements(engine)
        self.coaching = Coaching(engine)
        self.scorecards = Scorecards(engine)
        self.ledger = Ledger(engine)
        self.labels = Labels(engine)
        self.classifiers = Classifiers(engine)
        self.demotions = Demotions(engine)
        self.opinions = Opinions(engine)
        self.calibrations = Calibrations(engine)
        self.accounts = Accounts(engine)
        self.sessions = Sessions(engine)
        self.roster = Roster(engine)
        self.ratings = Ratings(engine)
        self.drafts = Drafts(engine)
        self.audit = Audit(engine)

    @classmethod
    def open(cls, address: str, *, create: bool = True) -> Store:
        """The store at an SQLAlchemy URL, its tables made or brought up to date.

        Parameters
        ----------
        create : bool
            False for commands that only read: a store that is not there is then an error.

        Raises
        ------
        StoreError
            If the address is wrong, nothing can be reached there, it is not a store, or one of a newer callqa.
        """
        return cls(open_engine(address, create=create))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()
