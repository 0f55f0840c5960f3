"""The scope `notion:comment`, cut out of `notion:write`: whoever was given that one keeps what it allowed."""

from alembic import op

revision = "20261128_2100"
down_revision = "20261128_2000"
branch_labels = None
depends_on = None

# Service tokens, apps, what people have let them do, and what is under way. Of an app's access tokens the scopes stand
# in the token itself: the next one, an hour later at most, has it.
TABLES = {
    "service_tokens": "scopes",
    "oauth_apps": "scopes",
    "oauth_grants": "scopes",
    "oauth_authorizations": "scopes",
    "oauth_codes": "scopes",
    "oauth_device_codes": "scopes",
}
GIVE = """
    UPDATE {table} SET {column} = {column} || ARRAY['notion:comment']
    WHERE 'notion:write' = ANY({column}) AND NOT 'notion:comment' = ANY({column})
"""
TAKE = """
    UPDATE {table} SET {column} = array_remove({column}, 'notion:comment')
    WHERE 'notion:comment' = ANY({column}) AND {column} <> ARRAY['notion:comment']
"""
# A token for comments alone has no scope left that older code knows.
END = "DELETE FROM {table} WHERE {column} = ARRAY['notion:comment']"


def upgrade() -> None:
    for table, column in TABLES.items():
        op.execute(GIVE.format(table=table, column=column))


def downgrade() -> None:
    for table, column in TABLES.items():
        op.execute(END.format(table=table, column=column))
        op.execute(TAKE.format(table=table, column=column))
