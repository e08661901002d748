"""A package that Lambda would refuse is refused, and named."""

from pathlib import Path

import pytest

from simulator.lambda_edge import FunctionCode, LambdaEdge, PackageError


def edge_for(package: Path) -> LambdaEdge:
    return LambdaEdge([FunctionCode("a", "a", "1", package, "app.handler", 5, 128)])


def test_a_missing_package_is_named(tmp_path: Path):
    with pytest.raises(PackageError, match=r"none\.zip: cannot be read: No such file or directory$"):
        edge_for(tmp_path / "none.zip")


def test_a_file_that_is_no_zip_is_named(tmp_path: Path):
    (tmp_path / "bad.zip").write_bytes(b"not a zip")
    with pytest.raises(PackageError, match=r"bad\.zip: is not a readable zip: File is not a zip file$"):
        edge_for(tmp_path / "bad.zip")


def test_a_package_over_fifty_megabytes_is_named(tmp_path: Path):
    with (tmp_path / "big.zip").open("wb") as file:
        file.truncate(52_428_801)
    with pytest.raises(PackageError, match=r"big\.zip: 52,428,801 bytes; Lambda@Edge takes at most 52,428,800$"):
        edge_for(tmp_path / "big.zip")
