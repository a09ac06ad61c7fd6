"""Evidence: a record with all that shows who committed it, when and where, in one file that verifies offline.

schema      parts of a JSON document with one text form
document    what an evidence file holds
statements  what exporters and validators sign
export      a verified record -> its evidence
report      what was checked, what is proved and what is not
verify      the checks, from the file alone
checks      each check of a version
findings    what follows when all hold
seals       members' seals of blocks, and the set of validators that they are counted by
sealing     sealing as a member
service     a member's exports and seals
"""
