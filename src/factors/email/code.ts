// A six-digit code sent by email: an out-of-band secret (NIST SP 800-63B-4 section 3.1.3). It proves access to the
// mailbox, which counts as knowledge. It is valid once, for ten minutes, in one workflow.
import { addSeconds } from '../../platform/clock.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { randomSixDigits } from '../../platform/random.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { answeredByCode, consume, digestOfCode } from '../challenge.ts';
import { defineFactor, REJECTED } from '../factor.ts';
import { textProof } from '../proof.ts';
import { EMAIL_SECONDS, emailChoices, messageToEmail, provedByEmail } from './address.ts';
import { emailEnrollment } from './enrollment.ts';

export const emailCodeFactor = defineFactor({
  kind: FactorKind.EMAIL_CODE,
  description:
    'A code sent by email. Knowledge, because the password of the mailbox is all that it takes to read it.',
  name: { en: 'An email address', de: 'eine E-Mail-Adresse' },
  proofs: [
    textProof({
      name: 'emailCode',
      description: 'The six-digit code from the newest email. Spaces and dashes are ignored.',
      maximumLength: 16,
    }),
  ],
  roles: ['FIRST'],
  reaches: 'EMAIL',
  create: ({ ring }: { readonly ring: KeyRing }) => ({
    options: (account) => emailChoices(FactorKind.EMAIL_CODE, account),
    prepare(request) {
      const code = randomSixDigits();
      return {
        digest: digestOfCode(ring, request, code),
        expiresAt: addSeconds(request.now, EMAIL_SECONDS),
        message: messageToEmail(request, {
          name: 'email-code',
          code,
          minutes: EMAIL_SECONDS / 60,
          approves: request.approves,
        }),
      };
    },
    async verify(code, request) {
      const challenge = answeredByCode(ring, code, request);
      const proved = challenge === null ? null : provedByEmail(challenge, request);
      if (challenge === null || proved === null) return REJECTED;
      return { accepted: true, consume: consume(challenge, request.now), ...proved };
    },
    enrollment: emailEnrollment,
  }),
});
