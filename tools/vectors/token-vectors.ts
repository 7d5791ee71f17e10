// The tokens of the test vectors: valid ones, and ones that differ from a valid token in one detail.
import { generateKeyPairSync, sign } from 'node:crypto';
import { authContextClaims } from '../../src/policy/claims.ts';
import type { AuthContext } from '../../src/policy/decision.ts';
import { type Evidence, evidenceOf } from '../../src/policy/evidence.ts';
import { categoriesWhenVerified, type FactorKind } from '../../src/policy/factor-kind.ts';
import { es256, es256InDer, hmacOfPublicKey, KID, type Signer, unsigned } from './test-key.ts';

export const ISSUER = 'https://auth.example.com';
/** 2026-01-01T00:00:00Z */
export const ISSUED_AT = 1_767_225_600;
export const EXPIRES_AT = ISSUED_AT + 600;
export const CLOCK_TOLERANCE_SECONDS = 5;
const DAY_SECONDS = 86_400;

type Json = Readonly<Record<string, unknown>>;

export interface TokenVector {
  readonly name: string;
  /** When it is verified, in seconds since 1970. */
  readonly now: number;
  readonly fault: 'INVALID' | 'EXPIRED' | null;
  /** What is wrong with it. Null for a valid token. */
  readonly reason: string | null;
  readonly header: Json;
  readonly claims: Json;
  readonly token: string;
}

/** A token that was written before, whose signature is kept: ES256 signs the same text differently each time. */
type Before = (name: string) => string | undefined;

interface Written {
  readonly now?: number;
  readonly fault?: 'INVALID' | 'EXPIRED';
  readonly reason?: string;
  readonly header?: Json;
  readonly claims?: Json;
  readonly signer?: Signer;
}

const encoded = (part: Json): string => Buffer.from(JSON.stringify(part)).toString('base64url');

const proved = (factor: FactorKind, ago: number, more: Partial<Evidence> = {}): Evidence => ({
  ...evidenceOf(factor, ISSUED_AT - ago),
  ...more,
});

const PASSWORD = proved('PASSWORD', 300);
const TOTP = proved('TOTP', 60, { enrolledAt: ISSUED_AT - 30 * DAY_SECONDS });
const PASSKEY = proved('PASSKEY', 60, { categories: categoriesWhenVerified('PASSKEY') });
const IDENTIFIED = proved('PHONE_CODE', 60, { categories: [] });

function claimsOf(
  evidence: readonly Evidence[],
  enrolled: readonly FactorKind[],
  roles: string[] = [],
): Json {
  const authContext: AuthContext = { evidence, enrolled, roles };
  return {
    iss: ISSUER,
    aud: ISSUER,
    sub: '0193f3a0-0000-7000-8000-000000000001',
    sid: '0193f3a0-0000-7000-8000-000000000002',
    tid: 'default',
    client_id: 'stepgate',
    jti: '0193f3a0-0000-7000-8000-000000000003',
    iat: ISSUED_AT,
    exp: EXPIRES_AT,
    ...authContextClaims(authContext, true, ISSUED_AT),
  };
}

const STRONG = claimsOf([PASSWORD, TOTP], ['TOTP', 'BACKUP_CODE'], ['ADMIN']);
const MFA = STRONG['mfa'] as Json;
const withMfa = (mfa: Json): Json => ({ ...STRONG, mfa: { ...MFA, ...mfa } });
const without = (name: string): Json => ({ ...STRONG, [name]: undefined });

const {
  acr: _acr,
  amr: _amr,
  auth_time: _authTime,
  ...UNPROVED
} = claimsOf([], ['TOTP', 'BACKUP_CODE'], ['ADMIN']);
const AGENT: Json = {
  ...UNPROVED,
  act: { sub: UNPROVED['sid'], name: 'Bookkeeper' },
  mfa: { c: {}, e: ['backup-code', 'totp'], v: false },
};

const VALID: Readonly<Record<string, Written>> = {
  'password and TOTP': { claims: STRONG },
  'password only': { claims: claimsOf([PASSWORD], []) },
  'password only, with TOTP enrolled': { claims: claimsOf([PASSWORD], ['TOTP']) },
  'password and text message': {
    claims: claimsOf([PASSWORD, proved('PHONE_CODE', 60)], ['PHONE_CODE']),
  },
  'password, and a phone number that only identified the user': {
    claims: claimsOf([PASSWORD, IDENTIFIED], ['PHONE_CODE']),
  },
  'password and TOTP, and a phone number that only identified the user': {
    claims: claimsOf([PASSWORD, TOTP, IDENTIFIED], ['PHONE_CODE', 'TOTP']),
  },
  'a phone number that only identified the user': { claims: claimsOf([IDENTIFIED], []) },
  'email code and password': { claims: claimsOf([proved('EMAIL_CODE', 60), PASSWORD], []) },
  'passkey that verified its user': { claims: claimsOf([PASSKEY], ['PASSKEY']) },
  'passkey that did not verify its user': { claims: claimsOf([proved('PASSKEY', 60)], ['PASSKEY']) },
  'password and approval on another device': {
    claims: claimsOf([PASSWORD, proved('DEVICE_APPROVAL', 60)], ['DEVICE_APPROVAL']),
  },
  'password and TOTP enrolled two minutes ago': {
    claims: claimsOf([PASSWORD, { ...TOTP, enrolledAt: ISSUED_AT - 120 }], ['TOTP']),
  },
  'password enrolled a day ago, without a second factor': {
    claims: claimsOf([{ ...PASSWORD, enrolledAt: ISSUED_AT - DAY_SECONDS }], []),
  },
  'password and TOTP of unknown age': { claims: withMfa({ a: undefined }) },
  'password and a TOTP code completed in the future': {
    claims: withMfa({ c: { emailpassword: ISSUED_AT, totp: ISSUED_AT + 60 } }),
  },
  'an unknown factor next to a password': {
    claims: {
      ...claimsOf([PASSWORD], ['TOTP']),
      mfa: { c: { emailpassword: ISSUED_AT, retina: ISSUED_AT }, e: ['totp'] },
    },
  },
  'acr says aal1, although mfa.c has two factors': { claims: { ...STRONG, acr: 'aal1' } },
  'no acr': { claims: without('acr') },
  'acr and amr say more than mfa.c': {
    claims: {
      ...claimsOf([PASSWORD], ['TOTP']),
      acr: 'aal2',
      amr: ['pwd', 'otp', 'mfa'],
      auth_time: ISSUED_AT,
    },
  },
  'malformed mfa.i': { claims: withMfa({ i: 'totp' }) },
  'malformed mfa.u': {
    claims: {
      ...claimsOf([PASSKEY], ['PASSKEY']),
      mfa: { c: { passkey: ISSUED_AT }, e: ['passkey'], u: 'passkey' },
    },
  },
  'malformed mfa.e': {
    claims: { ...claimsOf([PASSWORD], []), mfa: { c: { emailpassword: ISSUED_AT }, e: 'none' } },
  },
  'an unknown factor in mfa.e': {
    claims: { ...claimsOf([PASSWORD], []), mfa: { c: { emailpassword: ISSUED_AT }, e: ['retina'] } },
  },
  'a first factor in mfa.e': {
    claims: { ...claimsOf([PASSWORD], []), mfa: { c: { emailpassword: ISSUED_AT }, e: ['emailpassword'] } },
  },
  'times as text in mfa.c': {
    claims: withMfa({ c: { emailpassword: `${ISSUED_AT}`, totp: `${ISSUED_AT}` } }),
  },
  'times as text in mfa.a': { claims: withMfa({ a: { totp: '0' } }) },
  'no mfa': { claims: without('mfa') },
  'an agent': { claims: AGENT },
  'an agent without a name': { claims: { ...AGENT, act: { sub: AGENT['sid'] } } },
  'an agent, with evidence that it cannot have': { claims: { ...STRONG, act: AGENT['act'] } },
  'malformed act': { claims: { ...STRONG, act: 'Bookkeeper' } },
  'act is null': { claims: { ...STRONG, act: null } },
  'several audiences': { claims: { ...STRONG, aud: ['https://other.example.com', ISSUER] } },
  'a claim that this page does not list': { claims: { ...STRONG, color: 'blue' } },
  'the last second': { claims: STRONG, now: EXPIRES_AT + CLOCK_TOLERANCE_SECONDS - 1 },
  'issued by a clock that is five seconds ahead': {
    claims: { ...STRONG, iat: ISSUED_AT + CLOCK_TOLERANCE_SECONDS },
  },
};

const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const strangersKey: Signer = (input) =>
  sign('sha256', Buffer.from(input), { key: stranger.privateKey, dsaEncoding: 'ieee-p1363' });

/** The signature of the valid token, under other claims. */
const ofAnother: Signer = () => es256([HEADER, STRONG].map(encoded).join('.'));

const HEADER = { alg: 'ES256', typ: 'at+jwt', kid: KID };

const INVALID: Readonly<Record<string, Written & { readonly reason: string }>> = {
  expired: {
    now: EXPIRES_AT + CLOCK_TOLERANCE_SECONDS,
    fault: 'EXPIRED',
    reason: '`exp` is five seconds ago.',
  },
  'issued in the future': {
    claims: { ...STRONG, iat: ISSUED_AT + CLOCK_TOLERANCE_SECONDS + 1 },
    reason: '`iat` is more than five seconds ahead.',
  },
  'not valid yet': {
    claims: { ...STRONG, nbf: ISSUED_AT + CLOCK_TOLERANCE_SECONDS + 1 },
    reason: '`nbf` is more than five seconds ahead.',
  },
  'another issuer': {
    claims: { ...STRONG, iss: 'https://evil.example.com' },
    reason: '`iss` is not the issuer.',
  },
  'the issuer with a slash': {
    claims: { ...STRONG, iss: `${ISSUER}/` },
    reason: '`iss` is not exactly the issuer.',
  },
  'another audience': {
    claims: { ...STRONG, aud: 'https://other.example.com' },
    reason: '`aud` is not the audience.',
  },
  'no issuer': { claims: without('iss'), reason: '`iss` is missing.' },
  'no audience': { claims: without('aud'), reason: '`aud` is missing.' },
  'no user': { claims: without('sub'), reason: '`sub` is missing.' },
  'no session': { claims: without('sid'), reason: '`sid` is missing.' },
  'a session that is not text': { claims: { ...STRONG, sid: 1 }, reason: '`sid` is not a string.' },
  'no time of issue': { claims: without('iat'), reason: '`iat` is missing.' },
  'no expiry': { claims: without('exp'), reason: '`exp` is missing.' },
  'an expiry as text': { claims: { ...STRONG, exp: `${EXPIRES_AT}` }, reason: '`exp` is not a number.' },
  'another type': { header: { typ: 'JWT' }, reason: '`typ` is not `at+jwt`: it may be an ID token.' },
  'no type': { header: { typ: undefined }, reason: '`typ` is missing.' },
  'no key id': { header: { kid: undefined }, reason: '`kid` is missing.' },
  'an unknown key id': { header: { kid: 'unknown' }, reason: 'No published key has this `kid`.' },
  'an unknown critical header': {
    header: { crit: ['http://example.com/unknown'], 'http://example.com/unknown': true },
    reason: '`crit` names a header that the verifier does not understand (RFC 7515 section 4.1.11).',
  },
  'not signed': { header: { alg: 'none' }, signer: unsigned, reason: '`alg` is not `ES256`.' },
  'signed with the public key as a shared secret': {
    header: { alg: 'HS256' },
    signer: hmacOfPublicKey,
    reason: '`alg` is not `ES256`.',
  },
  'another algorithm in the header': { header: { alg: 'ES384' }, reason: '`alg` is not `ES256`.' },
  'an empty signature': { signer: unsigned, reason: 'The signature is missing.' },
  'a signature of zeros': {
    signer: () => Buffer.alloc(64),
    reason: 'The signature is wrong: `R` and `S` are zero.',
  },
  'a signature in DER': {
    signer: es256InDer,
    reason: 'The signature must be the 64 bytes `R || S` (RFC 7518 section 3.4).',
  },
  'signed with another key': { signer: strangersKey, reason: 'The key of `kid` did not make the signature.' },
  'signed with a key in its own header': {
    header: {
      jwk: { kty: 'EC', crv: 'P-256', x: 'attacker', y: 'attacker' },
      jku: 'https://evil.example.com/jwks.json',
    },
    signer: strangersKey,
    reason: 'Keys come from the issuer, never from the token.',
  },
  'changed claims': {
    claims: { ...STRONG, roles: ['OWNER'] },
    signer: ofAnother,
    reason: 'The signature was made for other claims.',
  },
};

/** Texts that are not tokens at all. */
const NO_TOKENS = ['e30.e30', 'not-a-token', 'e30..e30'];

/** Every token. @param before what was written before. */
export function tokenVectors(before: Before): TokenVector[] {
  const written = Object.entries({ ...VALID, ...INVALID });
  const malformed = NO_TOKENS.map((token) => ({
    name: `malformed: ${token}`,
    now: ISSUED_AT,
    fault: 'INVALID' as const,
    reason: 'It is not a JWS in compact form.',
    header: {},
    claims: {},
    token,
  }));
  return [...written.map(([name, one]) => vectorOf(name, one, before(name))), ...malformed];
}

function vectorOf(name: string, one: Written, before: string | undefined): TokenVector {
  const header = { ...HEADER, ...one.header };
  const { now = ISSUED_AT, reason = null, claims = STRONG, signer = es256 } = one;
  const fault = reason === null ? null : (one.fault ?? 'INVALID');
  const input = `${encoded(header)}.${encoded(claims)}`;
  const isKept = before?.startsWith(`${input}.`) === true;
  const token = isKept ? before : `${input}.${signer(input).toString('base64url')}`;
  return { name, now, fault, reason, header, claims, token };
}
