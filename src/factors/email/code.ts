// A code of six digits sent by e-mail: an out-of-band secret (NIST SP 800-63B-4 section 3.1.3), but one that
// proves the mailbox, which counts as knowledge. Valid for ten minutes, once, for one workflow.

import type { Message } from '../../delivery/message.ts';
import { addSeconds } from '../../platform/clock.ts';
import { keyedDigest } from '../../platform/digest.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { randomSixDigits } from '../../platform/random.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import type { EmailOfAccount } from '../account.ts';
import { codeValue, verifyCode } from '../challenge.ts';
import type { Factor, ProofField } from '../factor.ts';
import { maskEmail } from './mask.ts';
import { alreadyRegisteredMessage, emailCodeMessage } from './messages.ts';

export const EMAIL_CODE_SECONDS = 600;

export const EMAIL_CODE_PROOF: ProofField = {
  factor: FactorKind.EMAIL_CODE,
  name: 'emailCode',
  description: 'The six digits from the newest message. Spaces are ignored.',
  maximumLength: 16,
};

export function emailCodeFactor(ring: KeyRing): Factor {
  return {
    kind: FactorKind.EMAIL_CODE,
    proof: EMAIL_CODE_PROOF,
    needsPreparing: true,
    options: ({ email }) =>
      email === null
        ? []
        : [
            {
              factor: FactorKind.EMAIL_CODE,
              authenticatorId: null,
              hint: maskEmail(email.address),
              needsPreparing: true,
            },
          ],
    prepare({ workflowId, account, now }) {
      const code = randomSixDigits();
      return {
        codeDigest: keyedDigest(ring, 'code', codeValue(workflowId, code)),
        hint: null,
        expiresAt: addSeconds(now, EMAIL_CODE_SECONDS),
        message: account?.email ? messageTo(account.email, code) : null,
      };
    },
    verify: async (proof, request) => verifyCode(ring, proof.replaceAll(/\s/g, ''), request),
  };
}

/** An address that has an account already is told so by mail, and the API's caller learns nothing. */
function messageTo(email: EmailOfAccount, code: string): Message {
  return email.taken
    ? alreadyRegisteredMessage(email.address)
    : emailCodeMessage(email.address, code, EMAIL_CODE_SECONDS / 60);
}
