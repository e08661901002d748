"""SHA-256 from the lean module is SHA-256."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from router.model.digest import sha256


@given(st.binary(max_size=300))
def test_it_is_the_digest_of_hashlib(data: bytes) -> None:
    assert sha256(data).hexdigest() == hashlib.sha256(data).hexdigest()
