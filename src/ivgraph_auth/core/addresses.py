"""Whose an address is, where attempts are counted."""

import ipaddress

_IPV6_CUSTOMER_BITS = 64


def customer_of(address: str | None) -> str:
    """One IPv6 customer owns a whole /64, and so as many addresses as they like."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, _IPV6_CUSTOMER_BITS), strict=False))
    return str(parsed)
