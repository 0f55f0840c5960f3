"""What the ID token and userinfo of django-oauth-toolkit say beside `sub`, as its documentation has it."""

# mypy: disable-error-code="import-not-found, import-untyped, misc, unused-ignore"

from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator


class Validator(OAuth2Validator):
    oidc_claim_scope = None

    def get_additional_claims(self, request: Any) -> dict[str, Any]:  # noqa: ANN401 -- oauthlib's
        return {"name": request.user.get_full_name(), "email": request.user.email}
