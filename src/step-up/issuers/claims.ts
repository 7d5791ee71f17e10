// Reads what the claims of another issuer's token prove. What is unknown proves a first factor at most, and a proof
// without a time is infinitely old.
import type { AuthContext } from '../../policy/decision.ts';
import { type Evidence, evidenceOf } from '../../policy/evidence.ts';
import { Category, FactorKind, SECOND_FACTORS } from '../../policy/factor-kind.ts';

/** The claims of a verified token, or the response of an introspection (RFC 7662 section 2.2). */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * A second factor that the issuer does not name. It meets guards that accept every second factor, and no guard that lists
 * the ones it accepts.
 */
export const UNNAMED = 'UNNAMED';

/** A factor that was completed, or `UNNAMED`: two factors of different categories were. */
export type Proved = FactorKind | typeof UNNAMED;

/** The name of a claim, or the names on the way to it: `['realm_access', 'roles']`. */
export type ClaimPath = string | readonly string[];

/** Which claims prove what. Everything has a default but `acr`: its values have no meaning of their own. */
export interface ClaimsMap {
  /**
   * What the values of `acr` prove besides a first factor: a second factor, `UNNAMED`, or null for nothing. Null also
   * overrules `amr`. Default: no value proves anything.
   */
  readonly acr?: Readonly<Record<string, Proved | null>>;
  /** What the values of `amr` prove. Default: `pwd`, `otp`, `sms` and `mfa`, as RFC 8176 section 2 defines them. */
  readonly amr?: Readonly<Record<string, Proved>>;
  /** Where the claims are, if not at their own names. */
  readonly at?: { readonly acr?: ClaimPath; readonly amr?: ClaimPath; readonly authTime?: ClaimPath };
  /** The claims that hold roles, for `@requiresRole`. Default: `roles`. */
  readonly roles?: readonly ClaimPath[];
}

/** Reads an auth context from claims. @param latest a proof after this time counts as one without a time. */
export type ReadClaims = (claims: Claims, latest: number) => AuthContext;

const RFC_8176: Readonly<Record<string, Proved>> = {
  pwd: FactorKind.PASSWORD,
  otp: FactorKind.TOTP,
  sms: FactorKind.PHONE_CODE,
  mfa: UNNAMED,
};

/** Makes the function that reads claims by a map. */
export function claimsReader({
  acr = {},
  amr = RFC_8176,
  at = {},
  roles = ['roles'],
}: ClaimsMap): ReadClaims {
  return (claims, latest) => {
    const completedAt = timeIn(claimAt(claims, at.authTime ?? 'auth_time'), latest);
    const level = valueIn(acr, claimAt(claims, at.acr ?? 'acr'));
    const methods = textsIn(claimAt(claims, at.amr ?? 'amr')).flatMap((method) => valueIn(amr, method) ?? []);
    const proved = level === null ? [] : level === undefined ? methods : [...methods, level];
    // A level above one factor says that the first factor was completed too.
    const evidence = evidenceFrom(proved, completedAt, level != null);
    return { evidence, enrolled: SECOND_FACTORS, roles: rolesIn(claims, roles) };
  };
}

/** @param withFirst whether a first factor was completed as well. */
export function evidenceFrom(proved: readonly Proved[], completedAt: number, withFirst: boolean): Evidence[] {
  const named = new Set(proved.filter((one) => one !== UNNAMED));
  const evidence = [...named].map((kind) => evidenceOf(kind, completedAt));
  if (proved.includes(UNNAMED)) return [...evidence, atIssuer(completedAt, [KNOWLEDGE, POSSESSION])];
  return withFirst || evidence.length === 0 ? [...evidence, atIssuer(completedAt, [KNOWLEDGE])] : evidence;
}

const { KNOWLEDGE, POSSESSION } = Category;

/** A sign-in at an identity provider. */
function atIssuer(completedAt: number, categories: readonly Category[]): Evidence {
  return evidenceOf(FactorKind.OAUTH, completedAt, categories);
}

/** The roles in these claims. Anything but a text or a list of texts holds none. */
export function rolesIn(claims: Claims, paths: readonly ClaimPath[]): string[] {
  return paths.flatMap((path) => textsIn(claimAt(claims, path)));
}

/** Seconds since 1970. Infinitely long ago if the claim is missing, malformed or in the future. */
export function timeIn(claim: unknown, latest: number): number {
  return typeof claim === 'number' && Number.isFinite(claim) && claim <= latest ? claim : -Infinity;
}

export function claimAt(claims: Claims, path: ClaimPath): unknown {
  return [path].flat().reduce<unknown>((value, name) => memberOf(value, name), claims);
}

export function textsIn(claim: unknown): string[] {
  if (typeof claim === 'string') return [claim];
  return Array.isArray(claim) && claim.every((one) => typeof one === 'string') ? claim : [];
}

/** Undefined for a value that the map does not have. A text like `constructor` is none of its values. */
export function valueIn<Value>(map: Readonly<Record<string, Value>>, claim: unknown): Value | undefined {
  return typeof claim === 'string' && Object.hasOwn(map, claim) ? map[claim] : undefined;
}

function memberOf(value: unknown, name: string): unknown {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isRecord && Object.hasOwn(value, name) ? (value as Claims)[name] : undefined;
}
