"""Records are frozen dataclasses to everyone who looks."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import pytest
from pydantic import TypeAdapter

from router.model.record import field, record


@record
class Point:
    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("x is negative")


def test_fields_come_by_position_by_name_and_by_default() -> None:
    assert (Point(1).x, Point(1).y, Point(1).tags) == (1, 2, [])
    assert Point(1, 3) == Point(x=1, y=3)
    assert Point(1) != Point(2)
    assert repr(Point(1)) == "Point(x=1, y=2, tags=[])"


def test_each_record_has_its_own_default() -> None:
    assert Point(1).tags is not Point(1).tags


def test_a_record_cannot_be_changed() -> None:
    point = Point(1)
    with pytest.raises(AttributeError, match=r"^Point is frozen: 'x' cannot be changed$"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match=r"^Point is frozen: 'x' cannot be changed$"):
        del point.x


@pytest.mark.parametrize("arguments", [((), {}), ((1, 2, [], 4), {}), ((1,), {"x": 2}), ((1,), {"z": 3})])
def test_wrong_arguments_are_a_type_error_that_names_the_fields(
    arguments: tuple[tuple[object, ...], dict[str, object]],
) -> None:
    with pytest.raises(TypeError, match=r"^Point takes x, y, tags; given: "):
        Point(*arguments[0], **arguments[1])  # type: ignore[arg-type]


def test_post_init_may_refuse() -> None:
    with pytest.raises(ValueError, match=r"^x is negative$"):
        Point(-1)


def test_annotations_may_be_real_types_and_class_variables_are_no_fields() -> None:
    made = type("Made", (), {"__annotations__": {"a": int, "kind": ClassVar[str]}, "kind": "k"})
    assert record(made)(1).a == 1
    with pytest.raises(TypeError, match=r"^Made takes a; given: kind$"):
        record(made)(kind="x")


def test_equal_records_hash_alike() -> None:
    @record
    class Name:
        text: str

    assert len({Name("a"), Name("a"), Name("b")}) == 2


def test_the_functions_of_dataclasses_take_it() -> None:
    assert dataclasses.is_dataclass(Point)
    assert [entry.name for entry in dataclasses.fields(Point)] == ["x", "y", "tags"]
    assert dataclasses.asdict(Point(1, tags=["a"])) == {"x": 1, "y": 2, "tags": ["a"]}
    assert dataclasses.replace(Point(1), y=5) == Point(1, 5)


def test_pydantic_takes_it() -> None:
    assert TypeAdapter(Point).validate_python({"x": "1", "tags": ["a"]}) == Point(1, tags=["a"])
