"""Calibration (校准): agreement of machine and human answers, and of people among themselves."""

from pipeline.calibration.dealing import MACHINE as MACHINE
from pipeline.calibration.dealing import NOT_APPLICABLE as NOT_APPLICABLE
from pipeline.calibration.dealing import Calibration as Calibration
from pipeline.calibration.dealing import Drawing as Drawing
from pipeline.calibration.dealing import Rating as Rating
from pipeline.calibration.dealing import Scale as Scale
from pipeline.calibration.dealing import choice_of as choice_of
from pipeline.calibration.dealing import draw_calls as draw_calls
from pipeline.calibration.dealing import machine_ratings as machine_ratings
from pipeline.calibration.dealing import scales_of as scales_of
from pipeline.calibration.results import Results as Results
from pipeline.calibration.results import results_of as results_of
from pipeline.calibration.sums import LEAST_CALLS as LEAST_CALLS
from pipeline.calibration.sums import Figure as Figure
