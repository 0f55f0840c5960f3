from typing import Any

from django.contrib.auth import get_user_model
from django.urls import path
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.response import Response
from rest_framework_simplejwt.authentication import JWTAuthentication, JWTStatelessUserAuthentication
from rest_framework_simplejwt.tokens import AccessToken
from rest_framework_simplejwt.views import TokenRefreshView


def who(request: Any) -> Any:
    return Response({"user_id": str(request.user.pk), "user": request.user.username})


def mint(_: Any) -> Any:
    return Response({"access": str(AccessToken.for_user(get_user_model().objects.get()))})


def guarded(authentication: Any) -> Any:
    return api_view(["GET"])(authentication_classes([authentication])(who))


urlpatterns = [
    path("stateless/", guarded(JWTStatelessUserAuthentication)),
    path("user/", guarded(JWTAuthentication)),
    path("refresh/", TokenRefreshView.as_view()),
    path("mint/", api_view(["POST"])(permission_classes([])(mint))),
]
