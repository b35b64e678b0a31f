"""The assets of membership: securities and their symbols, the states of every index, and who was in each."""

from russell_pipeline.orchestration.derived import derived_asset, whole
from russell_pipeline.steps import membership as rows_of

symbols = derived_asset("symbols", whole(rows_of.symbols))
security_identifiers = derived_asset("security_identifiers", whole(rows_of.security_identifiers))
securities = derived_asset("securities", whole(rows_of.securities))
security_rows = derived_asset("security_rows", whole(rows_of.security_rows))
rename_candidates = derived_asset("rename_candidates", whole(rows_of.rename_candidates))
membership_states = derived_asset("membership_states", whole(rows_of.membership_states))
membership_findings = derived_asset("membership_findings", whole(rows_of.membership_findings))
constituents = derived_asset("constituents", rows_of.constituents)

assets = [
    symbols,
    security_identifiers,
    securities,
    security_rows,
    rename_candidates,
    membership_states,
    membership_findings,
    constituents,
]
