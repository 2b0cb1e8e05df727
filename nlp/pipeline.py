"""The spaCy pipeline: a blank multi-language tokenizer and our own components.

Today it has one component, ``wecc_language``. Results live on ``Doc._.wecc``; each batch runs in
``memory_zone()``, because spaCy otherwise keeps every unseen word for ever.
"""

from __future__ import annotations

from typing import Any

import spacy
from spacy.language import Language as SpacyLanguage
from spacy.tokens import Doc

from nlp.contract import Analysis, AnalysisRequest
from nlp.guard import guard
from nlp.language import detect

if not Doc.has_extension("request"):
    Doc.set_extension("request", default=None)
    Doc.set_extension("wecc", default=None)


def _language(doc: Any) -> Any:
    doc._.wecc = detect(doc._.request)
    return doc


SpacyLanguage.component("wecc_language", func=_language)


class Pipeline:
    """Analyses one text at a time; not thread-safe, one per worker process."""

    def __init__(self) -> None:
        self._nlp = spacy.blank("xx")
        self._nlp.add_pipe("wecc_language")

    def analyse(self, request: AnalysisRequest) -> Analysis:
        """Return the analysis of ``request.text`` after bounding its cost."""
        text = guard(request.text)
        with self._nlp.memory_zone():
            doc = self._nlp.make_doc(text)
            doc._.request = AnalysisRequest(
                text=text,
                languages=request.languages,
                previous_language=request.previous_language,
                hint=request.hint,
            )
            result: Analysis = self._nlp(doc)._.wecc
        return result

    @property
    def known_strings(self) -> int:
        """How many strings spaCy keeps; must not grow with traffic."""
        return len(self._nlp.vocab.strings)
