"""The queue of calls for review, and the sampling plans that draw into it."""
