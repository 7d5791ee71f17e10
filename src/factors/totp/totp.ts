// Time-based one-time passwords (RFC 6238) with six digits, 30 seconds, HMAC-SHA-1 and a secret of 160 bits, as every
// authenticator app expects. Imported secrets may be shorter.
//
// The time steps before and after the current one are accepted too, so a code is valid for at most 90 seconds and a
// phone's clock may be off by 30 (RFC 6238 section 5.2 allows one step for delay). Each step is accepted once, and
// steps older than the newest accepted one are rejected.
import { sql as raw } from 'kysely';
import { generateSecret, verifySync } from 'otplib';
import { jsonText } from '../../persistence/jsonb.ts';
import { statement } from '../../persistence/statement.ts';
import { secondsOf } from '../../platform/clock.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { isSealedWithOlderKey } from '../../platform/seal.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import type { StoredAuthenticator } from '../account.ts';
import { authenticatorRow, confirmAuthenticatorRow } from '../authenticator-row.ts';
import { type Consume, defineFactor, REJECTED, type Verdict } from '../factor.ts';
import type { FactorEnrollment } from '../factor-enrollment.ts';
import { textProof } from '../proof.ts';
import { openSecret, sealedSecrets, sealSecret } from '../sealed-secret.ts';
import { readCode } from '../typed-code.ts';
import { keyMaterial } from './enrollment.ts';
import { SECRETS_OF_OTHERS } from './given-secret.ts';
import { totpTransfer } from './transfer.ts';

const PERIOD_SECONDS = 30;
const TOLERANCE_SECONDS = PERIOD_SECONDS;
const SECRET_BYTES = 20;

export const totpFactor = defineFactor({
  kind: FactorKind.TOTP,
  description: 'A time-based code from an authenticator app (RFC 6238). Possession.',
  name: { en: 'An authenticator app', de: 'eine Authenticator-App' },
  proofs: [
    textProof({
      name: 'totp',
      description:
        'The current six-digit code of the authenticator app. The codes of the 30 seconds before and after are accepted too. Each code is accepted once. Spaces and dashes are ignored.',
      maximumLength: 16,
    }),
  ],
  roles: ['SECOND'],
  reaches: null,
  transfer: totpTransfer,
  sealed: [sealedSecrets(FactorKind.TOTP, 'authenticator apps')],
  create: ({ ring }: { readonly ring: KeyRing }) => ({
    options: (account) =>
      account.authenticators
        .filter((one) => one.factor === FactorKind.TOTP && one.confirmed)
        .map((one) => ({
          factor: FactorKind.TOTP,
          authenticatorId: one.id,
          hint: one.label,
          needsPreparing: false,
        })),
    async verify(proof, { authenticators, now }) {
      const code = readCode(proof);
      let isReplay = false;
      for (const authenticator of authenticators.filter((one) => one.factor === FactorKind.TOTP)) {
        const secret = openTotpSecret(ring, authenticator);
        const lastTimeStep = lastTimeStepOf(authenticator);
        const timeStep = acceptedTimeStep(secret, code, lastTimeStep, now);
        if (timeStep !== null)
          return accept(authenticator, timeStep, now, resealed(ring, authenticator, secret));
        if (lastTimeStep !== null)
          isReplay ||= acceptedTimeStep(secret, code, lastTimeStep - 1, now) === lastTimeStep;
      }
      return isReplay ? { accepted: false, isReplay } : REJECTED;
    },
    enrollment: enrollmentOf(ring),
  }),
});

function enrollmentOf(ring: KeyRing): FactorEnrollment {
  return {
    hint: () => null,
    begin(unitOfWork, { id, userId, label, now }) {
      const secret = sealSecret(ring, id, generateSecret({ length: SECRET_BYTES }));
      const unproved = {
        id,
        userId,
        factor: FactorKind.TOTP,
        label,
        secret,
        createdAt: now,
        confirmedAt: null,
      };
      unitOfWork.insert('authenticator', authenticatorRow(unproved));
      return { secret, data: null };
    },
    material: (authenticator, shownAs) => keyMaterial(openTotpSecret(ring, authenticator), shownAs),
    confirm: confirmAuthenticatorRow,
  };
}

/** Returns the secret in base32. */
export function openTotpSecret(
  ring: KeyRing,
  authenticator: { readonly id: string; readonly secret: string },
): string {
  return openSecret(ring, authenticator.id, authenticator.secret);
}

/** The secret sealed with the newest key. Unchanged if it already is. */
function resealed(ring: KeyRing, { id, secret: stored }: StoredAuthenticator, secret: string): string {
  return isSealedWithOlderKey(ring, stored) ? sealSecret(ring, id, secret) : stored;
}

/** The time step of this code. Null when the code is wrong, or its step is not acceptable. */
export function acceptedTimeStep(
  secret: string,
  code: string,
  lastTimeStep: number | null,
  now: Date,
): number | null {
  if (!/^\d{6}$/.test(code)) return null;
  const result = verifySync({
    secret,
    token: code,
    epoch: secondsOf(now),
    epochTolerance: TOLERANCE_SECONDS,
    guardrails: SECRETS_OF_OTHERS,
  });
  if (!result.valid || !('timeStep' in result)) return null;
  return lastTimeStep === null || result.timeStep > lastTimeStep ? result.timeStep : null;
}

interface TotpData {
  /** The latest accepted time step. No step is accepted twice (RFC 6238 section 5.2). */
  readonly lastTimeStep: number;
}

function lastTimeStepOf({ data }: StoredAuthenticator): number | null {
  return (data as TotpData | null)?.lastTimeStep ?? null;
}

/** Nodes of the version before `data` read and write the column alone, so the later of both counts, and both are written. */
function accept(authenticator: StoredAuthenticator, timeStep: number, now: Date, secret: string): Verdict {
  const { id } = authenticator;
  const data = jsonText<TotpData>({ lastTimeStep: timeStep });
  const consume: Consume = (unitOfWork) =>
    unitOfWork.requireWrite(ACCEPT({ id, timeStep, data, now, secret }));
  return { accepted: true, consume, enrolledAt: authenticator.enrolledAt ?? null };
}

interface AcceptedCode {
  readonly id: string;
  readonly timeStep: number;
  readonly data: TotpData;
  readonly now: Date;
  readonly secret: string;
}

const ACCEPT = statement((sql, { id, timeStep, data, now, secret }: AcceptedCode) =>
  sql
    .updateTable('authenticator')
    .set({ data, last_time_step: timeStep, last_used_at: now, secret })
    .where('id', '=', id)
    .where(
      raw<boolean>`coalesce(greatest(last_time_step, (data ->> 'lastTimeStep')::int) < ${timeStep}, true)`,
    )
    .returning('id'),
);
