"""The assets of membership: securities and their symbols, the states of every index, and who was in each."""

from russell_pipeline.lake import membership as rows_of
from russell_pipeline.orchestration.derived import derived_asset, whole

_PUBLISHED = ["documents", "membership_lists", "membership_changes", "calendar", "sessions"]
_SUPPLIED = ["components", "symbol_changes"]

symbols = derived_asset("symbols", whole(rows_of.symbols), deps=[*_PUBLISHED, *_SUPPLIED])
security_identifiers = derived_asset(
    "security_identifiers", whole(rows_of.security_identifiers), deps=["calendar", "sessions", *_SUPPLIED, "symbols"]
)
securities = derived_asset(
    "securities", whole(rows_of.securities), deps=[*_PUBLISHED, *_SUPPLIED, "symbols", "security_identifiers"]
)
security_rows = derived_asset("security_rows", whole(rows_of.security_rows), deps=_PUBLISHED)
rename_candidates = derived_asset("rename_candidates", whole(rows_of.rename_candidates), deps=_PUBLISHED)
membership_states = derived_asset("membership_states", whole(rows_of.membership_states), deps=_PUBLISHED)
membership_findings = derived_asset(
    "membership_findings", whole(rows_of.membership_findings), deps=[*_PUBLISHED, *_SUPPLIED, "symbols"]
)
constituents = derived_asset("constituents", rows_of.constituents, deps=[*_PUBLISHED, "membership_states"])

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
