"""Imported by the process that workers are forked from: they find lexicons and model loaded, and share that memory."""

from __future__ import annotations

from nlp_toolkit.batch import worker as worker
from nlp_toolkit.batch.settings import Analysis

Analysis().make().analyze(
    "到2025年，建成100個平臺，避免重复建设。", date=None
)  # in both scripts, so that every table is read
