"""Records on the ledger: committing, correcting, reading and verifying them.

leaf       a record's leaf
merkle     trees that OpenZeppelin's MerkleProof verifies
manifest   what a batch publishes
batch      records -> encrypted bodies, CAR, manifest, leaves, keys
plan       what of a bundle is new, changed or known
sealing    from a bundle to sealed batches: computation only
sealers    the same for several patients at once, in processes of their own
journal    what a commit has done so far, durably
sending    its part on the ledger: signing, sending, sending again
depositing its part at the patient's key trustees
commit     the state machine that finishes every commit once
ingest     many patients' bundles at once
receipt    what a commit did
opened     a batch as a reader checked and opened it
read       list, read, history, verify
export     what may be read, as files in clear: a FHIR Bundle (`export_bundle`), an index, pages for people
service    a member's records
patient    a patient's
"""
