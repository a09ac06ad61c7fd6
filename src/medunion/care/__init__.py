"""Care: the right to write.

    episodes  check-in and check-out (FHIR R4 EpisodeOfCare)
"""
