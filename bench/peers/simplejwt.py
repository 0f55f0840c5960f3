"""Settings of Django REST framework with SimpleJWT, as for production; `token_blacklist` is how its users log out.

The database is libpq's: PGHOST, PGPORT, PGUSER, PGDATABASE.
"""

import os

SECRET_KEY = os.environ["PEER_SECRET_KEY"]
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "simplejwt_urls"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "rest_framework_simplejwt",
    "rest_framework_simplejwt.token_blacklist",
]
# Security headers, and a Content-Length without which connections cannot be kept.
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
_POOLED = os.environ.get("PEER_POOL") == "1"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["PGDATABASE"],
        "CONN_MAX_AGE": 0 if _POOLED else None,
        "OPTIONS": {"pool": {"min_size": 4, "max_size": 20}} if _POOLED else {},
    }
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}
_ROTATES = os.environ.get("PEER_ROTATES") == "1"
SIMPLE_JWT = {"ROTATE_REFRESH_TOKENS": _ROTATES, "BLACKLIST_AFTER_ROTATION": _ROTATES}
