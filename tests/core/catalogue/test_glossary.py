"""The glossary: whole in both languages, pointing to what is there; and a broken one is refused."""

import json
import re
from pathlib import Path

import pytest

from core.catalogue.file import CatalogueError
from core.catalogue.glossary import load_glossary

GLOSSARY = Path(__file__).resolve().parents[3] / "resources" / "glossary.json"


def test_every_term_is_in_both_languages():
    glossary = load_glossary(GLOSSARY)
    assert len(glossary.terms) > 50
    for term in glossary.terms.values():
        for text in (term.name, term.hint, term.text):
            assert text.languages == {"en", "zh"}, term.id
            assert not re.search("[\u4e00-\u9fff]", text.root["en"]), term.id
        for text in (term.hint, term.text):
            assert re.search("[\u4e00-\u9fff]", text.root["zh"]), term.id
        assert len(term.hint.root["en"]) < 110, "a tooltip is one line"


def test_what_a_text_points_to_is_there_in_either_language():
    glossary = load_glossary(GLOSSARY)
    for term in glossary.terms.values():
        english, chinese = (sorted(re.findall(r"\]\((\w+)\)", term.text.root[language])) for language in ("en", "zh"))
        assert english == chinese, term.id
        assert set(english) <= glossary.terms.keys(), term.id


def test_the_article_s_references_are_among_the_links():
    links = {link.url for link in load_glossary(GLOSSARY).links.values()}
    assert "https://discuss.huggingface.co/t/llama-7b-gpu-memory-requirement/34323" in links
    for place in ("hf-accelerate/model-memory-usage", "deepspeed", "megatron"):
        assert any(place in url for url in links), place


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"see": ["', '"see": ["nowhere", "'),
        ('"links": ["', '"links": ["nowhere", "'),
        ("https://www.deepspeed.ai/", "javascript:alert(1)"),
        ('"id": "oom"', '"id": "fit"'),
        ('"version": 1', '"version": 2'),
        ('"hint": {"en"', '"hint": {"fr_FR_long_code"'),
    ],
)
def test_a_broken_one_is_refused(tmp_path, old, new):
    text = GLOSSARY.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "glossary.json"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogueError):
        load_glossary(path)


def test_json_is_written_so_that_it_can_be_kept_up():
    text = GLOSSARY.read_text(encoding="utf-8")
    assert "\\u" not in text
    assert json.loads(text)["format"] == "fitting-room glossary"
