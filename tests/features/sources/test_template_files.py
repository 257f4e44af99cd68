"""Templates as files: brought in with a dry run and line by line, taken out, and used."""

from __future__ import annotations

from pathlib import Path

from connectors.templates.catalogue import FOLDER, Catalogue
from connectors.templates.importing import Header, read_content
from connectors.templates.register_list import OnDuplicate
from mes.features.sources.templates import (
    as_file,
    broken_templates,
    take_in,
    template_named,
    templates,
)
from tests.features.commands.floor import refused

LIST = "이름,테이블,주소,자료형\ntemp,input,0x03E8,int16\nheat,holding,16,uint16\n"
WRONG = "name,table,address,type\na,holding,40017,uint16\nb,holding,2,uint17\n"


def test_a_list_of_a_korean_spreadsheet_is_stored_and_written_as_both_files(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    found = read_content("list.csv", LIST.encode("cp949"), Header(id="oven"))
    assert take_in(found, folder, OnDuplicate.REFUSE) is True
    catalogue = Catalogue([folder])
    mine = [each for each in templates(catalogue) if not each["ships"]]
    assert [(each["id"], each["tags"]) for each in mine] == [("oven", 2)]
    template = template_named(catalogue, "oven", 1)
    assert as_file(template, "csv").splitlines()[0] == "name,table,address,type"
    again = read_content("oven.yaml", as_file(template, "yaml").encode(), None)
    assert again.template == template


def test_mistakes_are_told_by_line_and_nothing_is_stored(tmp_path: Path) -> None:
    found = read_content("list.csv", WRONG.encode(), Header(id="oven"))
    assert [(each.line, each.field) for each in found.mistakes] == [(2, "address"), (3, "type")]
    assert take_in(found, tmp_path, OnDuplicate.REPLACE) is False
    assert list(tmp_path.iterdir()) == []


def test_another_content_under_the_same_version_is_refused_kept_or_replaced(tmp_path: Path) -> None:
    first = read_content("list.csv", LIST.encode(), Header(id="oven"))
    other = read_content("list.csv", LIST.replace("16,", "17,").encode(), Header(id="oven"))
    assert take_in(first, tmp_path, OnDuplicate.REFUSE)
    refused("template_exists", lambda: take_in(other, tmp_path, OnDuplicate.REFUSE))
    assert take_in(other, tmp_path, OnDuplicate.SKIP) is False
    assert take_in(other, tmp_path, OnDuplicate.REPLACE) is True
    assert template_named(Catalogue([tmp_path]), "oven", 1) == other.template


def test_a_template_that_cannot_be_used_is_listed_and_one_that_is_not_there_refused(
    tmp_path: Path,
) -> None:
    (tmp_path / "oven@1.yaml").write_text("schema: device-template/1\nid: oven\n")
    catalogue = Catalogue([tmp_path])
    assert [each["id"] for each in broken_templates(catalogue)] == ["oven"]
    refused("template_broken", lambda: template_named(catalogue, "oven", 1))
    refused("template_unknown", lambda: template_named(catalogue, "none", 1))


def test_what_no_column_holds_is_no_list() -> None:
    catalogue = Catalogue()
    packml = next(each for each in templates(catalogue) if "packml" in each["id"])
    template = template_named(catalogue, packml["id"], packml["version"])
    refused("not_in_a_list", lambda: as_file(template, "csv"))
