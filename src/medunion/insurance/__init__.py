"""Insurance: what a plan pays of a claim, before and beside the ledger.

fields   documents' fields read with the place of what is wrong
plan     terms of a plan: deductible, bands, limits, classes; accumulators
benefit  the arithmetic of benefits, as the contracts do it: a preview
table    tables of cases with expected results, and how a result differs
claims   claims as the runner files them: plan terms, opening accumulators, lines
replay   explanations of benefits of FHIR bundles, predicted from the first of each payer and year
"""
