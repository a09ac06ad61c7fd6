"""Record keys off the ledger: who holds them, who may ask, and what crosses between members.

typed_data   EIP-712 digests
messages     KeyRequest, KeyRelease, ShareDeposit, receipts: signed, DAG-CBOR on the wire
ports        what one member offers the others: `ReleasePoint`, `Directory`
holdings     batch keys, shares, appointments: what a member keeps
store        their store at rest
audit        the hash-chained log of every request and its outcome
appointment  the patient's key trustees
deposit      an author's shares to its patients' trustees
release      the rule by which keys leave, for everybody the same
client       asking: the author first, else two of three trustees
home         a member's folder
local        members of one process
"""
