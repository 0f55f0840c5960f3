"""A body that was read, for who reads it next."""

from starlette.types import Message, Receive


def replay(body: bytes, receive: Receive) -> Receive:
    """The body once more; then what `receive` tells."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again
