from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.urls import include, path


def who(request: Any) -> JsonResponse:
    return JsonResponse({"email": request.user.email, "has_id_token": "oidc_id_token" in request.session})


def signed_out(request: Any) -> JsonResponse:
    return JsonResponse({"signed_in": request.user.is_authenticated, "state": request.GET.get("state")})


def end_session(request: Any) -> str:
    """Where mozilla-django-oidc sends whoever signs out here."""
    back = {"post_logout_redirect_uri": request.build_absolute_uri("/signed-out/"), "state": "as it was"}
    asked = urlencode({"id_token_hint": request.session["oidc_id_token"], **back})
    return f"{settings.OIDC_OP_LOGOUT_ENDPOINT}?{asked}"


urlpatterns = [
    path("oidc/", include("mozilla_django_oidc.urls")),
    path("signed-out/", signed_out),
    path("", login_required(who)),
]
