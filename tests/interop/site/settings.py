"""A Django project as somebody else would have it: stock mozilla-django-oidc, told what discovery tells."""

import json
import os

_SITE = json.loads(os.environ["SITE"])
_AT = _SITE["issuer"]

SECRET_KEY = "this project's own, which signs nothing elsewhere"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.interop.site.urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "mozilla_django_oidc",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
AUTHENTICATION_BACKENDS = ["mozilla_django_oidc.auth.OIDCAuthenticationBackend"]
LOGIN_URL = "/oidc/authenticate/"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"

OIDC_RP_CLIENT_ID, OIDC_RP_CLIENT_SECRET = _SITE["clientId"], _SITE["secret"]
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_USE_PKCE = True
OIDC_OP_AUTHORIZATION_ENDPOINT = f"{_AT}/oauth2/authorize"
OIDC_OP_TOKEN_ENDPOINT = f"{_AT}/oauth2/token"
OIDC_OP_USER_ENDPOINT = f"{_AT}/oauth2/userinfo"
OIDC_OP_JWKS_ENDPOINT = f"{_AT}/.well-known/jwks.json"
OIDC_STORE_ID_TOKEN = True
ALLOW_LOGOUT_GET_METHOD = True
OIDC_OP_LOGOUT_URL_METHOD = "tests.interop.site.urls.end_session"
OIDC_OP_LOGOUT_ENDPOINT = f"{_AT}/oauth2/logout"  # this project's own
