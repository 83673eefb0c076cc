"""How the parts are asked over HTTP: directly, whatever proxy the environment names."""

import requests

TIMEOUT = 5
"""Seconds for one call."""


def direct() -> requests.Session:
    """A session that uses no proxy."""
    session = requests.Session()
    session.trust_env = False
    return session


def answers(url: str) -> bool:
    """Whether `url` is answered, and well."""
    try:
        with direct() as session:
            return session.get(url, timeout=TIMEOUT).ok
    except requests.RequestException:
        return False
