"""The consortium: who decides, who belongs to it, who acts for whom.

council    proposals and votes
members    admission, suspension, keys, node addresses
operators  accounts that act for a member, attestation of clinicians
"""
