"""Which columns of other tables the columns of a table are made from."""

from __future__ import annotations

from typing import NamedTuple


class Origin(NamedTuple):
    """A column that another is made from."""

    table: str
    column: str


_PLACE = "document_id page line"
_LISTED = f"symbol company_name class_marker {_PLACE}"
_NAMED = (
    "symbol company_name class_marker names<company_name documents<document_id security_id<symbol "
    "first_seen_on,last_seen_on<document_id"
)
_RENAMED = "symbol symbol_key,security_id<symbol valid_from,valid_to<document_id"
_CANDIDATE = (
    f"{_PLACE} old_document_id<document_id old_page<page old_line<line old_symbol,new_symbol,key<symbol "
    "old_company_name,new_company_name,likeness,evidence,taken_as<company_name old_security_id,new_security_id<symbol"
)
_SPANS = "valid_from,valid_to,known_from,known_to"
_STANDING = "market_value,divisor,price_index,total_return_index"
_LEVELS = "price_index,total_return_index,price_index_8dp,total_return_index_8dp,market_value,divisor"
_VALUES = "market_value_before,market_value_after,divisor_before,divisor_after,turnover,gross_before,gross_after"
_HELD = "shares,free_float,style_weight"
_TERMS = "new,old,amount,price"

# By table, then by the table that its columns are made from. A bare name is carried over unchanged; in `a,b<c,d`, a and b are
# computed from c and d, or chosen by them.
_MADE_FROM = {
    "document_lines": {"documents": "document_id"},
    "membership_lists": {
        "documents": "document_id index_code review_year as_of",
        "document_lines": "page line company_name,class_marker,symbol,ordinal<cells",
    },
    "membership_changes": {
        "documents": "document_id index_code review review_year change taxonomy status known_on<published_on",
        "document_lines": "page line company_name,class_marker,symbol,classification,ordinal<cells",
        "calendar": "known_on,effective_on<starts_on",
        "sessions": "effective_on<date",
    },
    "rulebook_clauses": {"documents": "document_id", "document_lines": "page line clause,title,text_sha256<text"},
    "calendar": {
        "documents": "document_id starts_on,ends_on<review_year",
        "document_lines": "page line review,event,starts_on,ends_on,moment,says,stated_text,ordinal<text",
        "sessions": "starts_on,ends_on<date",
    },
    "calendar_findings": {
        "documents": "document_id other_document_id<document_id",
        "document_lines": "page line other_page<page other_line<line review,event,other_event,published,explanation<text",
        "sessions": "computed<date",
    },
    "securities": {
        "membership_lists": _NAMED,
        "membership_changes": _NAMED,
        "documents": "first_seen_on,last_seen_on<as_of,published_on",
        "calendar": "first_seen_on,last_seen_on<starts_on",
        "components": "symbol,security_id<symbol company_name,names<company_name first_seen_on,last_seen_on<held",
        "symbol_changes": "symbol,security_id<old_symbol,new_symbol",
        "symbols": "symbol,security_id<symbol,security_id",
        "security_identifiers": "cusip,isin,figi,permno<kind,value",
    },
    "symbols": {
        "membership_lists": _RENAMED,
        "membership_changes": _RENAMED,
        "documents": "valid_from,valid_to<as_of,published_on",
        "calendar": "valid_from,valid_to<starts_on",
        "components": "symbol,symbol_key,security_id<symbol valid_from<held",
        "symbol_changes": "symbol,symbol_key,security_id<old_symbol,new_symbol valid_from,valid_to<date",
    },
    "security_identifiers": {
        "components": "kind,value<cusip,isin,figi,permno valid_from,valid_to<held file<file row",
        "symbol_changes": "kind,value<cusip,isin,figi,permno valid_from,valid_to<date file<file row",
        "symbols": "security_id<symbol_key,security_id",
        "calendar": "valid_from,valid_to<starts_on",
        "sessions": "valid_from,valid_to<date",
    },
    "security_rows": {
        "membership_lists": "document_id ordinal security_id<symbol,company_name",
        "membership_changes": "document_id ordinal security_id<symbol,company_name",
        "documents": "security_id<as_of,published_on",
        "calendar": "security_id<starts_on",
    },
    "rename_candidates": {"membership_lists": _CANDIDATE, "membership_changes": _CANDIDATE},
    "membership_states": {
        "documents": (
            f"document_id index_code<index_code change_document_ids<document_id {_SPANS},published_on<as_of,published_on"
        ),
        "membership_lists": "members,members_sha256<symbol",
        "membership_changes": "members,members_sha256<change,symbol valid_from,valid_to<effective_on",
        "calendar": f"reconstitution<review behind_from,{_SPANS}<starts_on",
    },
    "constituents": {
        "membership_lists": f"{_LISTED} security_id<symbol",
        "membership_changes": f"{_LISTED} security_id<symbol",
        "membership_states": "index_code valid_from valid_to known_from known_to published_on basis<basis review_year<valid_from",
    },
    "membership_findings": {
        "documents": "document_id subject<index_code,file_name",
        "membership_lists": "page line subject,message<symbol,company_name",
        "membership_changes": "page line subject,message<symbol,company_name",
        "components": "subject,message<symbol,cusip,isin,figi,permno",
        "symbol_changes": "subject,message<new_symbol,cusip,isin,figi,permno",
        "symbols": "message<security_id",
    },
    "market_findings": {
        "landing_files": "subject<file severity,message,line<notes inputs<sha256",
        "market_blocks": "subject<file message<sentence line<row",
        "market_corrections": "subject<key message<former,new",
        "closes": "month message<close",
        "fx": "subject<currency,quote message<rate",
        "actions": f"message<action,{_TERMS}",
        "components": "subject<index_code message<shares",
        "constituents": "message<symbol",
        "suspensions": "subject<symbol message<suspended_on,resumed_on,file,row",
    },
    "weights": {
        "components": (
            "symbol currency security_id<symbol review<held shares<shares free_float<free_float "
            "long_share,short_share<style_weight "
            f"long_cap,short_cap,scale_factor,final_cap,weight,weighting_factor<{_HELD}"
        ),
        "closes": (
            "close<close close_as_traded<close price_on<date price_carried<date "
            "long_cap,short_cap,scale_factor,final_cap,weight<close"
        ),
        "fx": "fx<rate,quote long_cap,short_cap,scale_factor,final_cap,weight<rate,quote",
        "actions": f"close,shares,free_float<{_TERMS}",
        "suspensions": "price_on,price_carried<suspended_on,resumed_on",
        "symbol_changes": "close,price_on,security_id<old_symbol,new_symbol",
        "calendar": "cutoff_on,implemented_on<starts_on",
        "sessions": "cutoff_on,implemented_on,effective_on<date",
        "symbols": "security_id<symbol_key,security_id",
    },
    "index_levels": {
        "closes": f"date year<date {_LEVELS},dividend_points,names_at_last_price<close",
        "fx": f"{_LEVELS},dividend_points<rate,quote",
        "components": f"{_LEVELS},dividend_points<{_HELD} names<symbol",
        "actions": f"{_LEVELS}<action,{_TERMS} dividend_points<amount names<action,to_symbol",
        "suspensions": f"{_LEVELS},names_at_last_price<suspended_on,resumed_on",
        "symbol_changes": f"{_LEVELS}<old_symbol,new_symbol",
        "calendar": f"{_LEVELS},names<starts_on",
        "sessions": "date",
    },
    "divisor_events": {
        "closes": f"{_VALUES}<close",
        "fx": f"{_VALUES}<rate,quote",
        "components": f"{_VALUES}<{_HELD}",
        "actions": f"symbol<symbol event,moment<action ordinal<file,row {_VALUES}<{_TERMS}",
        "calendar": "date<starts_on",
        "sessions": "date year<date",
    },
    "index_carried": {
        "closes": "close<close price_on<date",
        "components": "symbol<symbol",
        "actions": f"close<{_TERMS}",
        "suspensions": "reason,price_on<suspended_on,resumed_on",
        "symbol_changes": "symbol<new_symbol",
        "sessions": "date year<date",
    },
    "index_states": {
        "closes": f"close<close price_on<date {_STANDING}<close",
        "fx": f"fx<rate,quote {_STANDING}<rate,quote",
        "components": f"symbol<symbol shares<shares free_float<free_float currency weighting_factor<{_HELD}",
        "actions": f"symbol<to_symbol shares,free_float,weighting_factor,close,{_STANDING}<{_TERMS}",
        "suspensions": "price_on<suspended_on,resumed_on",
        "symbol_changes": "symbol<new_symbol security_id<old_symbol,new_symbol",
        "symbols": "security_id<symbol_key,security_id",
        "sessions": "date year<date",
    },
    "index_runs": {
        "closes": "year,last_session,lacking<date",
        "fx": "lacking<date",
        "suspensions": "lacking<suspended_on,file,row",
        "market_blocks": "reason,lacking<sentence",
        "market_corrections": "corrections<ordinal",
    },
    "index_restatements": {"market_corrections": "superseded_on<known_on reason,causes<key", "sessions": "date"},
    "index_kept": {"market_corrections": "kept_on<known_on reason<key", "sessions": "date applied_after<date"},
    "findings": {
        "sources": "subject<address message<reason",
        "documents": "document_id subject<file_name severity,message,page,line<notes message<reason",
        "calendar_findings": "document_id page line subject<review,event message<explanation",
        "membership_findings": f"severity subject message {_PLACE}",
        "market_findings": "severity subject message line",
        "index_runs": "subject<index_code,lacking message<reason,lacking",
    },
}


def origins(table: str) -> dict[str, list[Origin]]:
    """The columns of other tables that each column of a table is made from; columns made from none are left out."""
    found: dict[str, list[Origin]] = {}
    for upstream, columns in _MADE_FROM.get(table, {}).items():
        for made, _, source in (entry.partition("<") for entry in columns.split()):
            for column in made.split(","):
                found.setdefault(column, []).extend(Origin(upstream, one) for one in (source or column).split(","))
    return found


def carried(table: str) -> dict[str, list[Origin]]:
    """The columns of other tables whose values each column of a table carries over unchanged."""
    found: dict[str, list[Origin]] = {}
    for upstream, columns in _MADE_FROM.get(table, {}).items():
        for column in (entry for entry in columns.split() if "<" not in entry):
            found.setdefault(column, []).append(Origin(upstream, column))
    return found
