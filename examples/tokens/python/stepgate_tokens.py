"""Verifies Stepgate's access tokens and decides about `@stepUp`, as docs/tokens.md describes.

Needs PyJWT and cryptography: `pip install 'PyJWT[crypto]'`, or `apt install python3-jwt python3-cryptography`.
Copy this file into your project.
"""

from dataclasses import dataclass

import jwt

CLOCK_TOLERANCE_SECONDS = 5

KNOWLEDGE, POSSESSION, INHERENCE = "KNOWLEDGE", "POSSESSION", "INHERENCE"

# By factor id: its name in `accept`, what it proves, and what it proves as well if the authenticator verified its user.
FACTORS = {
    "emailpassword": ("PASSWORD", KNOWLEDGE, None),
    "otp-email": ("EMAIL_CODE", KNOWLEDGE, None),
    "link-email": ("EMAIL_LINK", KNOWLEDGE, None),
    "otp-phone": ("PHONE_CODE", POSSESSION, None),
    "link-phone": ("PHONE_LINK", POSSESSION, None),
    "totp": ("TOTP", POSSESSION, None),
    "backup-code": ("BACKUP_CODE", POSSESSION, None),
    "device-approval": ("DEVICE_APPROVAL", POSSESSION, None),
    "passkey": ("PASSKEY", POSSESSION, INHERENCE),
    "thirdparty": ("OAUTH", KNOWLEDGE, None),
    "certificate": ("CERTIFICATE", POSSESSION, KNOWLEDGE),
}
SECOND_FACTORS = frozenset(name for name, proves, _ in FACTORS.values() if proves == POSSESSION)


class InvalidToken(Exception):
    """The token is not accepted: the caller is anonymous."""


class ExpiredToken(InvalidToken):
    """The token was valid. The client should refresh it."""


@dataclass(frozen=True)
class Requirement:
    """The arguments of `@stepUp`, with their defaults."""

    accept: frozenset = frozenset(
        {"PHONE_CODE", "TOTP", "BACKUP_CODE", "DEVICE_APPROVAL", "PASSKEY", "CERTIFICATE"}
    )
    max_age: int = 600
    require: str = "SECOND_FACTOR"
    bind: str = "SESSION"
    min_factor_age: int = 0


@dataclass(frozen=True)
class Evidence:
    """A factor that was completed."""

    factor: str
    proves: frozenset
    completed_at: int
    enrolled_at: int | None


def verify(token: str, key_of, issuer: str, audience: str, now: int) -> dict:
    """Returns the claims of a valid token.

    `key_of` returns the published key with a `kid`, or None. `now` is in seconds since 1970. The token of an agent lives
    for hours: if `is_agent`, ask Stepgate whether its session has ended, or refuse it.
    """
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") != "ES256" or header.get("typ") != "at+jwt" or "crit" in header:
            raise InvalidToken("The header is not that of an access token.")
        key = key_of(header["kid"]) if isinstance(header.get("kid"), str) else None
        if key is None:
            raise InvalidToken("No published key has this key id.")
        claims = jwt.decode(
            token,
            key,
            algorithms=["ES256"],
            issuer=issuer,
            audience=audience,
            options={
                "require": ["iss", "aud", "sub", "sid", "iat", "exp"],
                # PyJWT reads the system clock. They are checked below, at `now`.
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.PyJWTError as error:
        raise InvalidToken(str(error)) from error
    if not isinstance(claims["sub"], str) or not isinstance(claims["sid"], str):
        raise InvalidToken("The token names no user or session.")
    if not is_time(claims["iat"]) or not is_time(claims["exp"]) or not is_time(claims.get("nbf", 0)):
        raise InvalidToken("A time is not a whole number of seconds.")
    if max(claims["iat"], claims.get("nbf", 0)) > now + CLOCK_TOLERANCE_SECONDS:
        raise InvalidToken("The token is not valid yet.")
    if now >= claims["exp"] + CLOCK_TOLERANCE_SECONDS:
        raise ExpiredToken("The token has expired.")
    return claims


def evidence_of(claims: dict, now: int) -> list:
    """The completed factors that count. Malformed claims grant nothing."""
    if is_agent(claims):
        return []
    mfa = object_of(claims.get("mfa"))
    identifying = texts_of(mfa["i"]) if "i" in mfa else []
    verifying = texts_of(mfa.get("u")) or []
    enrolled_at = object_of(mfa.get("a"))
    found = []
    for factor_id, completed_at in object_of(mfa.get("c")).items():
        if factor_id not in FACTORS or not is_time(completed_at):
            continue
        if completed_at > now + CLOCK_TOLERANCE_SECONDS:
            continue
        factor, category, verified_category = FACTORS[factor_id]
        since = enrolled_at.get(factor_id)
        if identifying is None or factor_id in identifying:
            proves, since = set(), None
        elif factor_id in verifying and verified_category is not None:
            proves = {category, verified_category}
        else:
            proves = {category}
        known_since = since if is_time(since) else None
        found.append(Evidence(factor, frozenset(proves), completed_at, known_since))
    if claims.get("acr") != "aal2" and is_two_factor(found):
        found = [one for one in found if POSSESSION not in one.proves]
    return found


def enrolled_of(claims: dict) -> frozenset:
    """The second factors that the user has. If that is not known, any of them."""
    ids = texts_of(object_of(claims.get("mfa")).get("e"))
    names = [FACTORS[one][0] for one in ids or [] if one in FACTORS]
    if ids is None or len(names) < len(ids) or not SECOND_FACTORS.issuperset(names):
        return SECOND_FACTORS
    return frozenset(names)


def decide(claims: dict | None, demand: Requirement, now: int) -> str:
    """`ACCEPTED`, or the code of the refusal. `claims` is what `verify` returned, None for an anonymous caller."""
    if claims is None:
        return "UNAUTHENTICATED"
    if is_agent(claims) and demand.bind == "SESSION":
        return "FORBIDDEN"
    held = [] if demand.bind == "OPERATION" else evidence_of(claims, now)
    enrolled = enrolled_of(claims)
    first_factor_counts = demand.require == "STRONGEST_ENROLLED" and not enrolled
    if first_factor_counts:
        counted = [one for one in held if one.proves]
    else:
        counted = [one for one in held if one.factor in demand.accept and POSSESSION in one.proves]
    is_fresh = any(
        now - one.completed_at <= demand.max_age and is_old_enough(one, demand.min_factor_age, now)
        for one in counted
    )
    if is_fresh and (first_factor_counts or is_two_factor(held)):
        return "ACCEPTED"
    if first_factor_counts or enrolled & demand.accept:
        return "STEP_UP_REQUIRED"
    return "ENROLLMENT_REQUIRED"


def is_agent(claims: dict) -> bool:
    """Whether an agent acts for the user. It never has evidence."""
    return "act" in claims


def is_two_factor(held: list) -> bool:
    return len(frozenset().union(*(one.proves for one in held))) >= 2


def is_old_enough(one: Evidence, min_factor_age: int, now: int) -> bool:
    if min_factor_age == 0:
        return True
    return one.enrolled_at is not None and now - one.enrolled_at >= min_factor_age


def is_time(value) -> bool:
    return type(value) is int  # not a bool, which is an int to isinstance


def object_of(value) -> dict:
    return value if isinstance(value, dict) else {}


def texts_of(value):
    is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return value if is_list else None
