"""The usual questions to a corpus, each a view of its database and a preset of ``query``."""

from __future__ import annotations

from typing import NamedTuple

RESULT_FORMATS = ("table", "csv", "parquet")  # of the answers


class View(NamedTuple):
    """A question in a line, and its answer in SQL over the tables."""

    question: str
    sql: str


VIEWS = {
    "goals_due_by_year": View(
        "How many goals are due in each year, and in how many documents they stand",
        """
        SELECT year(deadline) AS due, count(*) AS goals, count(DISTINCT document) AS documents,
               count(value) AS with_figures
        FROM goals WHERE deadline IS NOT NULL
        GROUP BY due ORDER BY due
        """,
    ),
    "agencies_by_role_and_year": View(
        "Which bodies are named in which role in each year, by their official names",
        """
        SELECT year, role, coalesce(canonical, text) AS agency, any_value(level ORDER BY level) AS level,
               count(*) AS mentions, count(DISTINCT document) AS documents
        FROM agencies WHERE kind = 'named'
        GROUP BY year, role, agency ORDER BY year, role, mentions DESC, agency
        """,
    ),
    "themes_by_year_and_place": View(
        "How many passages and documents have each theme, by year and place",
        """
        SELECT t.year, d.place, t.theme, count(*) AS passages, count(DISTINCT t.document) AS documents
        FROM themes AS t JOIN documents AS d USING (document)
        GROUP BY ALL ORDER BY ALL
        """,
    ),
    "problems_by_theme_and_stance": View(
        "How many problems of each theme are reported, and how many guarded against",
        """
        SELECT theme, stance, count(*) AS problems, count(DISTINCT document) AS documents
        FROM (SELECT document, stance, unnest(CASE WHEN len(themes) > 0 THEN themes ELSE [NULL] END) AS theme FROM problems)
        GROUP BY theme, stance ORDER BY theme, stance
        """,
    ),
    "who_leads_what": View(
        "Who leads: the tasks of each body, and the sentences that say so where there is no note of tasks",
        """
        SELECT agency, what, deadline, participants, document, start
        FROM (
            SELECT unnest(lead) AS agency, text AS what, deadline, participants, document, start FROM tasks
            UNION ALL
            SELECT coalesce(a.canonical, a.text), a.sentence, NULL, [], a.document, a.start
            FROM agencies AS a ANTI JOIN (SELECT document, start, "end", unnest(lead) AS name FROM tasks) AS t
            ON t.document = a.document AND t.name = coalesce(a.canonical, a.text)
            AND a.start BETWEEN t.start AND t."end" + 300  -- a note follows its task
            WHERE a.role = 'lead'
        )
        ORDER BY agency, document, start
        """,
    ),
    "tasks_by_deadline": View(
        "The tasks, those that are due first at the top",
        """
        SELECT deadline, text AS task, lead, participants, document, start
        FROM tasks ORDER BY deadline NULLS LAST, document, start
        """,
    ),
}
