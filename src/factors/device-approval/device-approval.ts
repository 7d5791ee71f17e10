// Approval on another device. The user has enrolled a device, which holds a private key that it cannot reveal. A request
// shows a number where the user signs in; the device shows who asks, from where and for what; the user types the number
// there, and the device signs its decision. Approving something by habit is harder if a number has to be typed.
//
// enroll.ts enrolls the device, requests.ts finds what a device may answer, and workflows/steps/answer-approval.ts answers.

import { jsonText } from '../../persistence/jsonb.ts';
import { type EntityManager, sqlOf } from '../../persistence/orm.ts';
import { statement } from '../../persistence/statement.ts';
import { addSeconds } from '../../platform/clock.ts';
import { digest } from '../../platform/digest.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { randomToken, randomTwoDigits } from '../../platform/random.ts';
import { DEVICE_ENROLLMENT_SECONDS, REQUEST_SECONDS } from '../../policy/device-approval.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import type { Account, StoredAuthenticator } from '../account.ts';
import { authenticatorRow, confirmAuthenticatorRow } from '../authenticator-row.ts';
import { consume, openChallenge } from '../challenge.ts';
import {
  type ChallengeRequest,
  defineFactor,
  type PreparedChallenge,
  type Verdict,
  type VerificationRequest,
} from '../factor.ts';
import type { FactorEnrollment } from '../factor-enrollment.ts';
import { approvalProof } from '../proof.ts';
import { openSecret, sealedSecrets, sealSecret } from '../sealed-secret.ts';
import { verifyDeviceApproval } from './approval.ts';
import { type DeviceData, dataOf, subscriptionOf } from './device.ts';
import { enrollmentMaterial } from './enrollment-material.ts';
import { DeviceNotApproved } from './errors.ts';
import { countUnanswered, secondsUntilAsked } from './limits.ts';
import { pushMessage } from './push-message.ts';

const factor = FactorKind.DEVICE_APPROVAL;

interface Services {
  readonly ring: KeyRing;
  /** The page on which devices are enrolled and answer. */
  readonly approvalUrl: string;
}

export const deviceApprovalFactor = defineFactor({
  kind: factor,
  description:
    'An approval on an enrolled device, which signs it after the user has typed the number that the request shows. Possession.',
  name: { en: 'An approving device', de: 'ein Gerät zum Bestätigen' },
  proofs: [
    approvalProof({
      name: 'deviceApproval',
      description:
        'Set it to `true` after the user has approved the request on their device, or, in an enrollment, after the device was enrolled. Poll `workflow` until `challenge.approvedAt` is set. Before that, the attempt fails with `DEVICE_NOT_APPROVED` and does not count.',
    }),
  ],
  roles: ['SECOND'],
  reaches: null,
  sealed: [sealedSecrets(factor, 'approving devices')],
  verifyApproval: verifyDeviceApproval,
  create: ({ ring, approvalUrl }: Services) => ({
    options: (account) =>
      devicesOf(account).map(({ id, label }) => ({
        factor,
        authenticatorId: id,
        hint: label,
        needsPreparing: true,
      })),
    wait: (em: EntityManager, account: Account, now: Date) => secondsUntilAsked(sqlOf(em), account, now),
    prepare: (request) => requestFor(ring, approvalUrl, request),
    verify: async (_proof, request) => verdictOn(request),
    enrollment: enrollmentOf(ring, approvalUrl),
  }),
});

function devicesOf({ authenticators }: Account): StoredAuthenticator[] {
  return authenticators.filter((one) => one.factor === factor && one.confirmed);
}

/** The device learns of the request by its own signed questions, and sooner if it can be reached by Web Push. */
function requestFor(
  ring: KeyRing,
  approvalUrl: string,
  { account, authenticatorId, challengeId, now }: ChallengeRequest,
): PreparedChallenge {
  const device = account && devicesOf(account).find((one) => one.id === authenticatorId);
  const subscription = device ? subscriptionOf(ring, device) : null;
  const number = randomTwoDigits();
  const url = `${approvalUrl}#request=${challengeId}`;
  return {
    digest: digest(randomToken()),
    expiresAt: addSeconds(now, REQUEST_SECONDS),
    message: device && subscription ? pushMessage(device.id, challengeId, subscription) : null,
    request: subscription === null ? { number, url } : { number },
    spend: (unitOfWork) => {
      if (account !== null) unitOfWork.require((sql) => countUnanswered(sql, account, now));
    },
  };
}

function verdictOn(request: VerificationRequest): Verdict {
  const { authenticators, enrolling, now } = request;
  if (enrolling !== null) {
    if (!authenticators.some((one) => dataOf(one).publicKey !== undefined)) throw new DeviceNotApproved();
    return { accepted: true, consume: null, enrolledAt: null };
  }
  const challenge = openChallenge(request);
  const device = authenticators.find((one) => one.factor === factor && one.id === challenge?.authenticatorId);
  if (challenge === null || device === undefined || !challenge.approved) throw new DeviceNotApproved();
  const consumeChallenge = consume(challenge, now);
  return {
    accepted: true,
    enrolledAt: device.enrolledAt ?? null,
    consume(unitOfWork) {
      consumeChallenge(unitOfWork);
      // A device that was removed meanwhile proves nothing.
      unitOfWork.requireWrite(USE({ id: device.id, now }));
    },
  };
}

const USE = statement((sql, { id, now }: { readonly id: string; readonly now: Date }) =>
  sql.updateTable('authenticator').set({ last_used_at: now }).where('id', '=', id).returning('id'),
);

function enrollmentOf(ring: KeyRing, approvalUrl: string): FactorEnrollment {
  return {
    hint: () => null,
    isChallengedByMaterial: true,
    begin(unitOfWork, { id, userId, label, now }) {
      const secret = sealSecret(ring, id, randomToken());
      const data: DeviceData = { expiresAt: addSeconds(now, DEVICE_ENROLLMENT_SECONDS).toISOString() };
      const row = { id, userId, factor, label, secret, createdAt: now, confirmedAt: null };
      unitOfWork.insert('authenticator', authenticatorRow({ ...row, data: jsonText<object>(data) }));
      return { secret, data: { ...data } };
    },
    material(device) {
      const { publicKey } = dataOf(device);
      const token = publicKey === undefined ? openSecret(ring, device.id, device.secret) : null;
      return enrollmentMaterial(approvalUrl, device, token);
    },
    confirm: confirmAuthenticatorRow,
  };
}
