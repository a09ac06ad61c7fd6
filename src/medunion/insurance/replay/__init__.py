"""Replay of explanations of benefits (FHIR R4 ExplanationOfBenefit).

Plan terms come from the first of each payer and year; all others are predicted with them and compared.

    folder     a folder of bundles to explanations, each once
    reading    an explanation with exact amounts
    inference  an explanation to plan terms
    predict    explanations to claims for a runner, and its results compared
    settle     the contracts of a devnet as that runner
"""

from .predict import Replay, Report, replay

__all__ = ["Replay", "Report", "replay"]
