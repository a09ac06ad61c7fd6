"""A scan for leaks: every way to the restricted records of sample patients is tried without their bits.

tally      what was found and what came of every attempt, by restricted class and by path
stage      a devnet with members, and the patients whose records are committed on it
requests   raw key requests to single release points
attempts   the paths: lanes, purposes, patient, emergency, desk code, reading, author
run        all of it, for all patients
"""

from medunion.scan.run import scan
from medunion.scan.tally import Tally

__all__ = ["Tally", "scan"]
