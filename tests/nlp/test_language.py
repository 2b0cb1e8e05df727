"""Language: scripts, restricted detection, hostile text, and no growth with traffic."""

from __future__ import annotations

import time

import pytest

from nlp.contract import AnalysisRequest
from nlp.guard import MAX_CHARS, MAX_WORD, guard
from nlp.language import detect
from nlp.pipeline import Pipeline

SERVED = ["en", "de", "fr", "zh", "es", "ar"]


def language_of(text: str, previous: str = "", hint: str = "") -> str:
    return detect(
        AnalysisRequest(text=text, languages=SERVED, previous_language=previous, hint=hint)
    ).language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hello, where is my order? It should have arrived on Monday.", "en"),
        ("Guten Tag, meine Bestellung ist noch nicht angekommen.", "de"),
        ("Bonjour, je n'ai toujours pas reçu ma commande.", "fr"),
        ("¿Dónde está mi pedido? Llevo una semana esperando.", "es"),
        ("我的订单什么时候到?", "zh"),
        ("مرحبا، أين طلبي؟", "ar"),
        ("注文はいつ届きますか", "ja"),
        ("Где мой заказ?", "ru"),
        ("iPhone 我想退货", "zh"),
    ],
)
def test_full_sentences(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize("text", ["ok", "?", "", "123 456", "!!!", "\u200b\u200b"])
def test_nothing_to_go_by_keeps_what_was_known(text: str) -> None:
    assert language_of(text, previous="fr") == "fr"
    assert language_of(text, hint="de-AT") == "de"
    assert language_of(text) == ""


@pytest.mark.parametrize(
    "text", ["!" * 8_000, "(" * 97_000, "😀" * 8_000, "a" * 20_000, "?!(" * 3_000, '"' * 16_000]
)
def test_hostile_shapes_stay_cheap(text: str) -> None:
    guarded = guard(text)
    assert len(guarded) <= MAX_CHARS + MAX_CHARS // MAX_WORD + 1
    pipeline = Pipeline()
    started = time.process_time()
    pipeline.analyse(AnalysisRequest(text=text, languages=SERVED))
    # without the guard each of these takes seconds; a loose bound keeps noise out
    assert time.process_time() - started < 5


def test_unseen_words_are_not_kept() -> None:
    pipeline = Pipeline()
    pipeline.analyse(AnalysisRequest(text="warm up", languages=SERVED))
    before = pipeline.known_strings
    for number in range(300):
        text = " ".join(f"word{number}x{place}" for place in range(20))
        pipeline.analyse(AnalysisRequest(text=text, languages=SERVED))
    assert pipeline.known_strings == before
