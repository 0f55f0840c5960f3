from typing import Any

from django.urls import include, path
from rest_framework.decorators import api_view
from rest_framework.response import Response


def me(request: Any) -> Any:  # noqa: ANN401 -- Django's have no types here
    user = request.user
    return Response({"id": str(user.pk), "email": user.email, "name": user.get_full_name()})


urlpatterns = [
    path("me/", api_view(["GET"])(me)),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
]
