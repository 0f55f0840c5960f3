from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.urls import include, path


def who(request: Any) -> JsonResponse:
    return JsonResponse({"email": request.user.email, "has_id_token": "oidc_id_token" in request.session})


urlpatterns = [path("oidc/", include("mozilla_django_oidc.urls")), path("", login_required(who))]
