// A six-digit code sent by SMS (NIST SP 800-63B-4 section 3.1.3). It proves possession of the phone. It is valid once,
// for five minutes, in one workflow.
import { addSeconds } from '../../platform/clock.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { randomSixDigits } from '../../platform/random.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import type { SmsPolicy } from '../../policy/sms.ts';
import { answeredByCode, consume, digestOfCode } from '../challenge.ts';
import { defineFactor, REJECTED } from '../factor.ts';
import { textProof } from '../proof.ts';
import { phoneEnrollment, phoneEnrollmentInput } from './enrollment.ts';
import { messageToPhone, PHONE_SECONDS, phoneChoices, provedByPhone } from './phone.ts';

const kind = FactorKind.PHONE_CODE;

export const phoneCodeFactor = defineFactor({
  kind,
  description: 'A code sent by SMS. Possession.',
  name: { en: 'A phone number', de: 'eine Telefonnummer' },
  proofs: [
    textProof({
      name: 'phoneCode',
      description: 'The six-digit code from the newest text message. Spaces and dashes are ignored.',
      maximumLength: 16,
    }),
  ],
  roles: ['FIRST', 'SECOND'],
  reaches: 'PHONE',
  enrollmentInput: phoneEnrollmentInput,
  create: ({ ring, sms }: { readonly ring: KeyRing; readonly sms: SmsPolicy }) => ({
    options: (account, role) => phoneChoices(kind, account, role, sms),
    prepare(request) {
      const { account, authenticatorId, approves, now } = request;
      const code = randomSixDigits();
      const template = { name: 'phone-code', code, minutes: PHONE_SECONDS / 60, approves } as const;
      return {
        digest: digestOfCode(ring, request, code),
        expiresAt: addSeconds(now, PHONE_SECONDS),
        message: messageToPhone(account, authenticatorId, template, sms),
      };
    },
    async verify(code, request) {
      const challenge = answeredByCode(ring, code, request);
      const proved = challenge === null ? null : provedByPhone(kind, challenge, request, sms);
      if (challenge === null || proved === null) return REJECTED;
      return { accepted: true, consume: consume(challenge, request.now), ...proved };
    },
    enrollment: phoneEnrollment(sms),
  }),
});
