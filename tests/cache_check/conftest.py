"""The copy of the project that infra's tests edit."""

from tests.infra.conftest import project as project
