"""The assets of the calendar: sessions, the dates of every review, and contradictions."""

from russell_pipeline.orchestration.derived import derived_asset, whole
from russell_pipeline.steps import calendar as rows_of

sessions = derived_asset("sessions", whole(lambda _: rows_of.sessions()))
calendar = derived_asset("calendar", rows_of.calendar)
calendar_findings = derived_asset("calendar_findings", whole(rows_of.calendar_findings))

assets = [sessions, calendar, calendar_findings]
