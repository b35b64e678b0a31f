"""The SQL questions whose answers make a report, by name."""

from __future__ import annotations

from russell_pipeline.dates.reviews import EVENTS
from russell_pipeline.queries.catalog import Question, corrections, levels

# How many rows a report shows of tables that have no bound; it says how many there are.
REPORT_ROWS = 100
_LAKE = Question("SELECT russell_pipeline_version, tables_sha256, simulated FROM lake_info")


def index_report(index: str) -> dict[str, Question]:
    """The questions behind a report on an index, by name. Long answers are cut; `rows_in_all` is their full number of rows."""
    return {
        "runs": Question("SELECT * FROM index_runs WHERE index_code IN ($1, upper($1)) ORDER BY year", [index]),
        "levels": levels(index),
        "reviews": Question(
            """
            WITH weighed AS (
                SELECT review, cutoff_on, implemented_on, effective_on, count(*) AS names,
                       count(*) FILTER (long_cap > 0) AS long_names, count(*) FILTER (short_cap > 0) AS short_names,
                       sum(scale_factor * long_cap) / sum(final_cap) AS long_leg, -sum(short_cap) / sum(final_cap) AS short_leg,
                       any_value(scale_factor) AS scale_factor, bool_or(simulated) AS simulated
                FROM weights WHERE index_code IN ($1, upper($1)) GROUP BY ALL
            ), traded AS (
                SELECT date AS implemented_on, turnover, gross_before, gross_after FROM divisor_events
                WHERE index_code IN ($1, upper($1)) AND turnover IS NOT NULL
            )
            FROM weighed LEFT JOIN traded USING (implemented_on) ORDER BY implemented_on
            """,
            [index],
        ),
        # Documents do not mean the company that has the same symbol in a simulated market.
        "holdings": Question(
            """
            WITH last AS (FROM index_levels WHERE index_code IN ($1, upper($1)) ORDER BY date DESC LIMIT 1),
            review AS (
                SELECT *, sum(final_cap) OVER (PARTITION BY review) AS whole FROM weights SEMI JOIN last USING (index_code)
                WHERE implemented_on <= (SELECT date FROM last)
                QUALIFY implemented_on = max(implemented_on) OVER ()
            ), reviewed AS (
                SELECT r.symbol, r.security_id, r.simulated, r.review, r.weight,
                       r.scale_factor * r.long_cap / r.whole AS long_leg, -r.short_cap / r.whole AS short_leg,
                       (SELECT max(company_name) FROM components n
                        WHERE n.symbol = r.symbol AND n.effective_review = r.review) AS held_as,
                       (SELECT max_by((m.taxonomy, m.classification), (m.review, m.document_id)) FROM membership_changes m
                        JOIN security_rows s USING (document_id, ordinal)
                        WHERE NOT r.simulated AND s.security_id = r.security_id AND m.review <= r.review
                        AND m.classification IS NOT NULL) AS class
                FROM review r
            ), held AS (
                SELECT symbol, security_id, close * fx * shares * free_float * weighting_factor AS value,
                       value / sum(value) OVER () AS weight_now
                FROM index_states s SEMI JOIN last USING (index_code, date)
            )
            SELECT coalesce(h.symbol, r.symbol) AS symbol, coalesce(r.held_as, n.company_name) AS company_name, r.review,
                   r.long_leg, r.short_leg, r.weight,
                   h.weight_now, r.class[1] AS taxonomy, r.class[2] AS classification
            FROM reviewed r FULL JOIN held h USING (security_id)
            LEFT JOIN securities n ON n.security_id = r.security_id AND NOT r.simulated
            ORDER BY coalesce(r.weight, h.weight_now) DESC, symbol
            """,
            [index],
        ),
        "events_by_kind": Question(
            """
            SELECT moment, if(event LIKE 'review %', 'review', event) AS event, count(*) AS events,
                   min(date) AS first, max(date) AS last,
                   count(*) FILTER (divisor_after <> divisor_before) AS moved,
                   sum(divisor_after - divisor_before) AS divisor_change
            FROM divisor_events WHERE index_code IN ($1, upper($1)) GROUP BY 1, 2
            ORDER BY array_position(['base', 'open', 'close'], moment), events DESC, event
            """,
            [index],
        ),
        "ledger": Question(
            """
            SELECT date, moment, event, symbol, divisor_before, divisor_after, divisor_after / divisor_before - 1 AS change,
                   market_value_before, market_value_after, count(*) OVER () AS rows_in_all
            FROM divisor_events WHERE index_code IN ($1, upper($1))
            ORDER BY moment = 'base' OR turnover IS NOT NULL OR event = 'correction' DESC, abs(change) DESC, date, ordinal
            LIMIT $2
            """,
            [index, REPORT_ROWS],
        ),
        "corrections_by_day": Question(
            f"""
            SELECT decided_on, what, reason, count(*) AS sessions, min(date) AS first, max(date) AS last,
                   max(abs(basis_points)) AS basis_points, max(abs(total_return_basis_points)) AS total_return_basis_points
            FROM ({corrections(index).sql}) GROUP BY ALL ORDER BY decided_on DESC, what, reason LIMIT {REPORT_ROWS}
            """,
            [index, None, None],
        ),
        "corrections": Question(
            f"SELECT *, count(*) OVER () AS rows_in_all FROM ({corrections(index).sql}) ORDER BY date DESC LIMIT {REPORT_ROWS}",
            [index, None, None],
        ),
        "clauses": Question(
            """
            SELECT c.clause, c.title, c.text_sha256, c.page, c.line, c.document_id, d.file_name, d.published_on
            FROM rulebook_clauses c JOIN documents d USING (document_id)
            ORDER BY d.published_on DESC NULLS LAST, d.document_id, c.page, c.line
            """
        ),
        "findings": Question(
            """
            WITH said AS (SELECT definition FROM index_runs WHERE index_code IN ($1, upper($1)) AND definition IS NOT NULL)
            SELECT f.severity, f.area, f.subject, f.message, f.found_on, d.file_name, f.page, f.line,
                   count(*) OVER () AS rows_in_all
            FROM findings f LEFT JOIN documents d USING (document_id)
            WHERE f.area IN ('index', 'market', 'operations') OR upper($1) = split_part(f.subject, ' ', 1)
               OR EXISTS (FROM said WHERE contains(said.definition, '"' || split_part(f.subject, ' ', 1) || '"'))
            ORDER BY array_position(['error', 'warning', 'info'], f.severity), f.area, f.subject, f.message LIMIT $2
            """,
            [index, REPORT_ROWS],
        ),
        "files_by_kind": Question(
            """
            SELECT kind, count(*) AS files, sum(rows)::BIGINT AS rows, sum(rejected)::BIGINT AS rejected,
                   count(*) FILTER (simulated) AS simulated, max(known_on) AS known_on
            FROM landing_files WHERE kind IS NOT NULL GROUP BY 1 ORDER BY 1
            """
        ),
        "files": Question(
            """
            SELECT path, kind, state, rows, rejected, known_on, simulated, sha256, count(*) OVER () AS rows_in_all
            FROM landing_files WHERE kind IS NOT NULL ORDER BY path LIMIT $1
            """,
            [REPORT_ROWS],
        ),
        "documents": Question(
            """
            WITH said AS (SELECT definition FROM index_runs WHERE index_code IN ($1, upper($1)) AND definition IS NOT NULL)
            SELECT file_name, kind, index_code, as_of, published_on, pages, rows_parsed, state, document_id,
                   count(*) OVER () AS rows_in_all
            FROM documents
            WHERE kind IN ('ground_rules', 'review_schedule') OR index_code = upper($1)
               OR EXISTS (FROM said WHERE contains(said.definition, '"' || index_code || '"'))
            ORDER BY kind, file_name, document_id LIMIT $2
            """,
            [index, REPORT_ROWS],
        ),
        "lake": _LAKE,
    }


def review_report(review: str, index: str | None = None) -> dict[str, Question]:
    """The questions behind a report on a review, by name: of one index, or of every index with changes or weights then."""
    asked = [review, index]
    return {
        "lists": Question(
            """
            SELECT d.index_code, d.change, d.status, d.file_name, d.pages, d.rows_parsed, d.lines_decided, d.state, d.reason,
                   d.document_id,
                   (SELECT min(known_on) FROM membership_changes c WHERE c.document_id = d.document_id) AS known_on
            FROM documents d
            WHERE d.kind = 'membership_changes' AND ($2 IS NULL OR d.index_code IN ($2, upper($2)))
              AND (d.review = $1 OR d.document_id IN (SELECT document_id FROM membership_changes WHERE review = $1))
            ORDER BY d.index_code, d.change, array_position(['preliminary', 'updated', 'final'], d.status), known_on, d.file_name
            """,
            asked,
        ),
        "changes": Question(
            """
            SELECT index_code, change, status, symbol, coalesce(security_id, symbol) AS security_id, company_name, class_marker,
                   taxonomy, classification, known_on, effective_on, dated_because, document_id, page, line, ordinal, reading
            FROM membership_changes LEFT JOIN security_rows USING (document_id, ordinal)
            WHERE review = $1 AND ($2 IS NULL OR index_code IN ($2, upper($2)))
            ORDER BY index_code, change, array_position(['preliminary', 'updated', 'final'], status), known_on, document_id,
                     ordinal
            """,
            asked,
        ),
        "decided": Question(
            """
            SELECT c.index_code, c.change, c.symbol, c.company_name, d.file_name, c.document_id, c.page, c.line,
                   trim(l.text) AS printed, l.decided_by, l.decided_because
            FROM membership_changes c JOIN documents d USING (document_id)
            JOIN document_lines l ON l.document_id = c.document_id AND l.page = c.page AND l.line = c.line
            WHERE c.review = $1 AND ($2 IS NULL OR c.index_code IN ($2, upper($2))) AND c.reading = 'decided'
            ORDER BY d.file_name, c.document_id, c.page, c.line, c.ordinal
            """,
            asked,
        ),
        "weights": Question(
            """
            WITH mine AS (FROM weights WHERE $2 IS NULL OR index_code IN ($2, upper($2))),
            coming AS (FROM mine WHERE review = $1),
            before AS (
                SELECT m.* FROM mine m JOIN (SELECT index_code, any_value(implemented_on) AS on_day FROM coming GROUP BY 1) a
                USING (index_code) WHERE m.implemented_on < a.on_day
                QUALIFY m.implemented_on = max(m.implemented_on) OVER (PARTITION BY index_code)
            )
            SELECT coalesce(a.index_code, b.index_code) AS index_code, coalesce(a.symbol, b.symbol) AS symbol,
                   coalesce((SELECT max(company_name) FROM components n WHERE n.symbol = coalesce(a.symbol, b.symbol)
                             AND n.effective_review = coalesce(a.review, b.review)), s.company_name) AS company_name,
                   a.weight, b.weight AS weight_before, b.review AS review_before, a.implemented_on,
                   coalesce(a.simulated, b.simulated) AS simulated
            FROM coming a FULL JOIN before b ON a.index_code = b.index_code AND a.security_id IS NOT DISTINCT FROM b.security_id
            LEFT JOIN securities s ON s.security_id = coalesce(a.security_id, b.security_id)
                                  AND NOT coalesce(a.simulated, b.simulated)
            ORDER BY 1, greatest(abs(a.weight), abs(b.weight)) DESC, 2
            """,
            asked,
        ),
        "traded": Question(
            """
            SELECT index_code, date AS implemented_on, turnover, gross_before, gross_after FROM divisor_events
            WHERE event = 'review ' || $1 AND ($2 IS NULL OR index_code IN ($2, upper($2))) ORDER BY index_code
            """,
            asked,
        ),
        "calendar": Question(
            """
            SELECT c.event, c.starts_on, c.ends_on, c.moment, c.basis, c.confidence, d.file_name, c.page, c.line
            FROM calendar c LEFT JOIN documents d USING (document_id) WHERE c.review = $1 AND c.preferred
            ORDER BY c.starts_on, list_position($2, c.event), c.rule, d.file_name, c.page, c.line
            """,
            [review, list(EVENTS)],
        ),
        "findings": Question(
            """
            SELECT f.severity, f.area, f.subject, f.message, f.found_on, d.file_name, f.page, f.line,
                   count(*) OVER () AS rows_in_all
            FROM findings f LEFT JOIN documents d USING (document_id)
            WHERE ($2 IS NULL OR contains(f.subject, upper($2)) OR d.index_code IN ($2, upper($2)) OR f.area = 'calendar')
              AND (contains(f.subject, $1) OR f.document_id IN (SELECT document_id FROM membership_changes WHERE review = $1)
                   OR d.review = $1)
            ORDER BY array_position(['error', 'warning', 'info'], f.severity), f.area, f.subject, f.message LIMIT $3
            """,
            [*asked, REPORT_ROWS],
        ),
        "lake": _LAKE,
    }


def reviews_with_changes(index: str | None = None) -> Question:
    """The reviews with lists of changes or with weights, of one index or of all."""
    return Question(
        """
        SELECT review, string_agg(DISTINCT index_code, ', ' ORDER BY index_code) AS indexes FROM (
            SELECT review, index_code FROM membership_changes UNION SELECT review, index_code FROM weights
        ) WHERE review IS NOT NULL AND ($1 IS NULL OR index_code IN ($1, upper($1))) GROUP BY 1 ORDER BY 1
        """,
        [index],
    )
