import pytest

from tests.support.service import Service


@pytest.fixture
def service(swept_service: Service) -> Service:
    return swept_service
