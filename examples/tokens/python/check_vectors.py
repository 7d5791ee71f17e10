"""Checks stepgate_tokens.py against the test vectors: python3 check_vectors.py [folder]"""

import json
import sys
from pathlib import Path

import jwt

import stepgate_tokens as stepgate

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[3] / "docs" / "vectors")


def read(name: str) -> dict:
    return json.loads((FOLDER / name).read_text())


# In a service: jwt.PyJWKClient("https://auth.example.com/.well-known/jwks.json") fetches and caches the keys.
KEYS = {one["kid"]: jwt.PyJWK(one).key for one in read("jwks.json")["keys"]}
FILE = read("tokens.json")
TOKENS = {one["name"]: one["token"] for one in FILE["tokens"]}
failures = []


def check(name: str, expected, actual) -> None:
    if expected != actual:
        failures.append(f"{name}: expected {expected}, got {actual}")


def verify(token: str, now: int):
    """The claims, and the fault."""
    try:
        return stepgate.verify(token, KEYS.get, FILE["issuer"], FILE["audience"], now), None
    except stepgate.ExpiredToken:
        return None, "EXPIRED"
    except stepgate.InvalidToken:
        return None, "INVALID"


def meaning_of(claims: dict, now: int) -> dict:
    evidence = [
        {
            "factor": one.factor,
            "proves": sorted(one.proves),
            "completedAt": one.completed_at,
            "enrolledAt": one.enrolled_at,
        }
        for one in stepgate.evidence_of(claims, now)
    ]
    return {"evidence": evidence, "enrolled": sorted(stepgate.enrolled_of(claims))}


def expected_meaning(means: dict) -> dict:
    evidence = [{**one, "proves": sorted(one["proves"])} for one in means["evidence"]]
    return {"evidence": evidence, "enrolled": sorted(means["enrolled"])}


for one in read("factors.json")["factors"]:
    row = stepgate.FACTORS.get(one["id"])
    check(f"factor {one['id']}", (one["factor"], *one["proves"], one["verifies"]), row)
    if one["accepted"]:
        check(f"default accept {one['factor']}", True, one["factor"] in stepgate.Requirement().accept)

for one in FILE["tokens"]:
    claims, fault = verify(one["token"], one["now"])
    check(f"token {one['name']}", one["fault"], fault)
    if claims is not None and "means" in one:
        check(f"meaning of {one['name']}", expected_meaning(one["means"]), meaning_of(claims, one["now"]))

decisions = read("decisions.json")["decisions"]
for one in decisions:
    now, written = one["now"], one["requirement"]
    claims = None if one["token"] is None else verify(TOKENS[one["token"]], now)[0]
    demand = stepgate.Requirement(
        accept=frozenset(written["accept"]),
        max_age=written["maxAge"],
        require=written["require"],
        bind=written["bind"],
        min_factor_age=written["minFactorAge"],
    )
    check(f"decision {json.dumps(one)}", one["result"], stepgate.decide(claims, demand, now))

for failure in failures:
    print(failure, file=sys.stderr)
print(f"{len(FILE['tokens'])} tokens and {len(decisions)} decisions, {len(failures)} failures")
sys.exit(1 if failures else 0)
