"""The month as ``prefect.yaml`` schedules it: the only place where an orchestrator has to do with it."""

from prefect import flow

from flows.month import month

monthly = flow(name="callqa-monthly", validate_parameters=False)(month.monthly)
