"""Register lists as integrators write them: every mistake with its own line and message."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from connectors.modbus.lists import LISTS
from connectors.templates.catalogue import Catalogue
from connectors.templates.expansion import TemplateError
from connectors.templates.register_list import (
    BYTES_MAX,
    OnDuplicate,
    RegisterList,
    read_list,
    text_of_list,
)
from connectors.templates.writing import as_list, sample_list

HEADINGS = "name,table,address,type,order,scale,meaning,map,counter,modulus,bit,length,invert"
EVERY_MISTAKE = """\
name,table,address,type,order,scale,meaning,map,counter,modulus,bit,length,invert
good,holding,0,uint16,,,,,,,,,
no table,coils,1,uint16,,,,,,,,,
bad_table,coils,1,uint16,,,,,,,,,
bad_address,holding,D100,uint16,,,,,,,,,
too_far,holding,70000,uint16,,,,,,,,,
ambiguous,holding,40010,uint16,,,,,,,,,
bad_type,holding,3,real,,,,,,,,,
bad_order,holding,4,float32,AB,,,,,,,,
bad_scale,holding,6,uint16,,"0,1",,,,,,,
zero_scale,holding,7,uint16,,0,,,,,,,
bit_missing,holding,8,bit,,,,,,,,,
length_missing,holding,9,string,,,,,,,,,
coil_word,coil,10,uint16,,,,,,,,,
bad_meaning,holding,11,uint16,,,speed,,,,,,
map_missing,holding,12,uint16,,,state,,,,,,
bad_map,holding,13,uint16,,,state,0:off,,,,,
bad_state,holding,14,uint16,,,state,0=asleep,,,,,
no_modulus,holding,15,uint16,,,total,,rollover,,,,
no_counter,holding,16,uint16,,,total,,,,,,
bad_invert,coil,17,bool,,,,,,,,,maybe
good,holding,18,uint16,,,,,,,,,
same_place,holding,0,uint16,,,,,,,,,
no_type,holding,19,,,,,,,,,,
beyond,holding,65535,uint32,,,,,,,,,
long_row,holding,20,uint16,,,,,,,,,,,
,holding,21,uint16,,,,,,,,,
"""
EXPECTED = [
    (3, "name", "string_pattern_mismatch"),
    (3, "table", "table_unknown"),
    (4, "table", "table_unknown"),
    (5, "address", "address_malformed"),
    (6, "address", "address_out_of_range"),
    (7, "address", "address_ambiguous"),
    (8, "type", "enum"),
    (9, "order", "order_not_possible"),
    (10, "scale", "cell_malformed"),
    (11, "", "scale_zero"),
    (12, "bit", "bit_mismatch"),
    (13, "length", "length_mismatch"),
    (14, "type", "type_not_possible"),
    (15, "meaning", "enum"),
    (16, "map", "map_mismatch"),
    (17, "map", "cell_malformed"),
    (18, "map", "enum"),
    (19, "modulus", "modulus_mismatch"),
    (20, "counter", "counter_mismatch"),
    (21, "invert", "cell_malformed"),
    (22, "name", "duplicate_name"),
    (23, "address", "duplicate_place"),
    (24, "type", "missing"),
    (25, "address", "address_out_of_range"),
    (26, "", "row_too_long"),
    (27, "name", "missing"),
]


def listed(text: str, duplicates: OnDuplicate = OnDuplicate.REFUSE) -> RegisterList:
    return read_list(text, LISTS, duplicates)


def codes(found: RegisterList) -> Sequence[tuple[int, str, str]]:
    return [(mistake.line, mistake.field, mistake.code) for mistake in found.mistakes]


def test_a_list_with_every_mistake_names_each_with_its_line() -> None:
    found = listed(EVERY_MISTAKE)
    assert codes(found) == EXPECTED
    assert all(mistake.message for mistake in found.mistakes)


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("", 1, "list_empty"),
        (HEADINGS + "\n", 1, "list_empty"),
        ("table,address,type\nholding,1,uint16\n", 1, "column_missing"),
        ("name,colour,table,address,type\na,red,holding,1,uint16\n", 1, "column_unknown"),
        ("name,name,table,address,type\na,b,holding,1,uint16\n", 1, "column_twice"),
        (
            'name,table,address,type\na,holding,1,uint16\n"b"x,holding,2,uint16\n',
            3,
            "list_malformed",
        ),
    ],
)
def test_a_list_that_is_none_says_so(text: str, line: int, code: str) -> None:
    assert (line, code) in [(each, told) for each, _, told in codes(listed(text))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_list_of_a_korean_spreadsheet_is_read(encoding: str, separator: str) -> None:
    rows = [
        ["이름", "테이블", "주소", "자료형", "배율", "단위", "설명"],
        ["temp", "input", "0x03E8", "INT16", "0.1", "℃", "온도, 현재값"],
    ]
    text = "\r\n".join(
        separator.join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows
    )
    found = listed(text_of_list(text.encode(encoding)))
    assert found.mistakes == []
    assert found.tags == [
        {
            "name": "temp",
            "table": "input",
            "address": 1000,
            "type": "int16",
            "scale": 0.1,
            "unit": "℃",
            "label": {"ko": "온도, 현재값", "en": "온도, 현재값"},
        }
    ]


def test_what_is_no_text_or_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="neither UTF-8 nor CP949"):
        text_of_list(b"name\xff\xff\x80\n")
    with pytest.raises(ValueError, match="larger than"):
        text_of_list(b"x" * (BYTES_MAX + 1))


def test_a_row_of_a_name_that_stands_already_gives_way_or_replaces() -> None:
    text = "name,table,address,type\na,holding,1,uint16\na,holding,2,int16\nb,holding,2,int16\n"
    kept = listed(text, OnDuplicate.SKIP)
    assert [(tag["name"], tag["address"]) for tag in kept.tags] == [("a", 1), ("b", 2)]
    assert kept.skipped == [3]
    replaced = listed(text, OnDuplicate.REPLACE)
    assert [(tag["name"], tag["address"]) for tag in replaced.tags] == [("b", 2)]
    assert replaced.skipped == [2, 3]


def test_the_sample_is_free_of_mistakes_and_shows_every_column() -> None:
    found = listed(sample_list())
    assert found.mistakes == []
    assert [tag["name"] for tag in found.tags] == ["state", "pieces", "temperature"]
    assert found.tags[1]["address"] == 1


@pytest.mark.parametrize(
    "identity", ["eastron-sdm630", "carlo-gavazzi-em24-e1", "autonics-tk", "moxa-iologik-e1240"]
)
def test_an_exported_list_is_read_to_the_same_tags(identity: str) -> None:
    template = Catalogue().get(identity, 1)
    found = listed(as_list(template))
    assert found.mistakes == []
    expected = [
        tag.model_dump(mode="json", exclude_unset=True, exclude_none=True) for tag in template.tags
    ]
    assert [_comparable(tag) for tag in found.tags] == [_comparable(tag) for tag in expected]


def test_what_no_column_holds_is_exported_as_yaml_only() -> None:
    with pytest.raises(TemplateError, match="export as YAML"):
        as_list(Catalogue().get("packml-machine", 1))


def _comparable(tag: dict[str, object]) -> dict[str, object]:
    """Without the difference between a key 31000 and "31000", which YAML and JSON make."""
    return {
        key: {str(k): v for k, v in value.items()} if isinstance(value, dict) else value
        for key, value in tag.items()
    }
