// A client certificate, on a smart card or in a file. The TLS connection of the request proves that the client has the
// key. The client only says that this certificate is the proof.
//
// A certificate counts for the user who has enrolled its key. A renewed certificate with the same key is the same
// authenticator, and a new key of the same subject is not.
import { Category, FactorKind } from '../../policy/factor-kind.ts';
import { type Accepted, type Consume, defineFactor, REJECTED } from '../factor.ts';
import { approvalProof } from '../proof.ts';
import type { AcceptedCertificate, ClientCertificates } from './client-certificates.ts';
import { certificateEnrollment, keyDigest, setKey, useKey } from './enrollment.ts';
import { isRecognised, mayBeRecognised } from './rule.ts';

interface Services {
  /** Null when this instance accepts no client certificates. */
  readonly clientCertificates: ClientCertificates | null;
}

const factor = FactorKind.CERTIFICATE;

export const certificateFactor = defineFactor({
  kind: factor,
  description:
    'A client certificate, on a smart card or in a file. Possession; with a certificate policy that says that the card verifies a PIN, knowledge as well.',
  name: { en: 'A client certificate', de: 'ein Client-Zertifikat' },
  proofs: [
    approvalProof({
      name: 'certificate',
      description:
        'Set to `true` to use the client certificate of the connection on which this request is sent.',
    }),
  ],
  roles: ['FIRST', 'SECOND'],
  reaches: null,
  isOnOffer: ({ clientCertificates }: Services) => clientCertificates !== null,
  create: ({ clientCertificates }: Services) => ({
    options(account, role) {
      const enrolled = account.authenticators.filter((one) => one.factor === factor && one.confirmed);
      const choices = enrolled.map(({ id, label }) => ({
        factor,
        authenticatorId: id,
        hint: label,
        needsPreparing: false,
      }));
      if (choices.length > 0 || role === 'SECOND' || !mayBeRecognised(account)) return choices;
      return [{ factor, authenticatorId: null, hint: null, needsPreparing: false }];
    },
    async verify(_proof, { account, authenticators, enrolling, presentedCertificate: presented, now }) {
      if (clientCertificates === null) return REJECTED;
      const accepted = await clientCertificates.accept(presented(), now);
      const { certificate } = accepted;
      const key = keyDigest(account?.tenantId ?? '', certificate);
      if (enrolling !== null) return worth(accepted, setKey(enrolling, key, certificate, now), null);
      const own = authenticators.find((one) => one.factor === factor && one.secret === key);
      if (own !== undefined) return worth(accepted, useKey(own.id, certificate, now), own.enrolledAt ?? null);
      return account !== null && isRecognised(account, accepted) ? worth(accepted, null, null) : REJECTED;
    },
    enrollment: certificateEnrollment,
  }),
});

/** Whether the key is in hardware is not known without a policy, so `pop` says no more than what was seen. */
function worth(
  { isPinVerified }: AcceptedCertificate,
  consume: Consume | null,
  enrolledAt: string | null,
): Accepted {
  const accepted = { accepted: true, consume, enrolledAt } as const;
  return isPinVerified
    ? { ...accepted, categories: [Category.POSSESSION, Category.KNOWLEDGE], amr: ['sc', 'pin'] }
    : accepted;
}
