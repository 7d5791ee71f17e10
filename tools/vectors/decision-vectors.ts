// The decisions of the test vectors: a token, a requirement and a time, with the result that src/policy decides.
import { authContextFrom } from '../../src/policy/claims.ts';
import { type RefusalCode, refuseStepUp } from '../../src/policy/decision.ts';
import { type Requirement, type RequirementOptions, requirement } from '../../src/policy/requirement.ts';
import { CLOCK_TOLERANCE_SECONDS, EXPIRES_AT, ISSUED_AT, type TokenVector } from './token-vectors.ts';

type Result = RefusalCode | 'ACCEPTED';

export interface DecisionVector {
  /** The name of a token. Null for a request without one. */
  readonly token: string | null;
  readonly now: number;
  readonly requirement: Omit<Requirement, 'describe'>;
  readonly result: Result;
}

const LAST_SECOND = EXPIRES_AT + CLOCK_TOLERANCE_SECONDS - 1;

/** For every valid token. */
const EVERYWHERE: readonly RequirementOptions[] = [
  {},
  { require: 'STRONGEST_ENROLLED' },
  { accept: ['TOTP'] },
  { accept: ['PASSKEY', 'CERTIFICATE'], require: 'STRONGEST_ENROLLED' },
  { minFactorAge: 3600 },
  { minFactorAge: 3600, require: 'STRONGEST_ENROLLED' },
];

/** A proof of exactly `maxAge` still counts. The TOTP code was completed 60 seconds before the token was issued. */
const OTHERS: readonly (readonly [string | null, number, RequirementOptions])[] = [
  [null, ISSUED_AT, {}],
  [null, ISSUED_AT, { require: 'STRONGEST_ENROLLED' }],
  ['expired', EXPIRES_AT + CLOCK_TOLERANCE_SECONDS, {}],
  ['another issuer', ISSUED_AT, {}],
  ['not signed', ISSUED_AT, { require: 'STRONGEST_ENROLLED' }],
  ['password and TOTP', ISSUED_AT, { maxAge: 60 }],
  ['password and TOTP', ISSUED_AT + 1, { maxAge: 60 }],
  ['password and TOTP', ISSUED_AT, { maxAge: 59 }],
  ['password and TOTP', LAST_SECOND, { maxAge: 600 }],
  ['password and TOTP', LAST_SECOND, { maxAge: 3600 }],
  ['password and TOTP', ISSUED_AT, { bind: 'OPERATION' }],
  ['password and TOTP', ISSUED_AT, { accept: ['BACKUP_CODE'] }],
  ['password and TOTP', ISSUED_AT, { accept: ['PHONE_CODE', 'TOTP'] }],
  [
    'password and TOTP, and a phone number that only identified the user',
    ISSUED_AT,
    { accept: ['PHONE_CODE'] },
  ],
  ['password only', ISSUED_AT, { maxAge: 300, require: 'STRONGEST_ENROLLED' }],
  ['password only', ISSUED_AT + 1, { maxAge: 300, require: 'STRONGEST_ENROLLED' }],
  ['password only', ISSUED_AT, { bind: 'OPERATION' }],
  ['password only', ISSUED_AT, { bind: 'OPERATION', require: 'STRONGEST_ENROLLED' }],
  ['password and TOTP enrolled two minutes ago', ISSUED_AT, { minFactorAge: 120 }],
  ['password and TOTP enrolled two minutes ago', ISSUED_AT, { minFactorAge: 121 }],
  ['password and TOTP enrolled two minutes ago', ISSUED_AT + 1, { minFactorAge: 121 }],
  ['an agent', ISSUED_AT, { bind: 'OPERATION' }],
  ['an agent', ISSUED_AT, { bind: 'OPERATION', require: 'STRONGEST_ENROLLED' }],
  ['an agent', ISSUED_AT, { bind: 'OPERATION', accept: ['PASSKEY'] }],
  ['an agent, with evidence that it cannot have', ISSUED_AT, { bind: 'OPERATION' }],
  ['malformed act', ISSUED_AT, { bind: 'OPERATION' }],
  ['password and a TOTP code completed in the future', ISSUED_AT + 54, {}],
  ['password and a TOTP code completed in the future', ISSUED_AT + 55, {}],
  ['password and a TOTP code completed in the future', ISSUED_AT + 55, { maxAge: 1 }],
];

export function decisionVectors(tokens: readonly TokenVector[]): DecisionVector[] {
  const valid = tokens.filter((one) => one.fault === null);
  const everywhere = valid.flatMap(({ name, now }) =>
    EVERYWHERE.map((options) => [name, now, options] as const),
  );
  return [...everywhere, ...OTHERS].map(([name, now, options]) => {
    const { describe: _, ...demand } = requirement(options);
    const token = tokens.find((one) => one.name === name);
    if (name !== null && token === undefined) throw new Error(`There is no token named ${name}.`);
    return { token: name, now, requirement: demand, result: resultOf(token, requirement(options), now) };
  });
}

function resultOf(token: TokenVector | undefined, demand: Requirement, now: number): Result {
  const isValid = token !== undefined && token.fault === null;
  const authContext = isValid ? authContextFrom(token.claims, now + CLOCK_TOLERANCE_SECONDS) : null;
  return refuseStepUp(authContext, demand, now)?.code ?? 'ACCEPTED';
}
