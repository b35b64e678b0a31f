"""What contradicts what: a document against itself, against the rules, against other documents. Every check is general; none knows
a document. Rules against rules are conflicts.py's part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.conflicts import rule_findings
from russell_pipeline.calendar.model import CalendarFinding, ComputedDate, Confidence, shift_review
from russell_pipeline.calendar.rules import Edge, Order
from russell_pipeline.calendar.sessions import Sessions
from russell_pipeline.calendar.statements import REPEATED, Statements, agree, matches
from russell_pipeline.calendar.stated_rules import audit_rules
from russell_pipeline.calendar.words import (
    closed_words,
    day_words,
    event_words,
    iso,
    listed,
    named,
    quoted,
    span_words,
)
from russell_pipeline.documents.stated import StatedDate, StatedRule
