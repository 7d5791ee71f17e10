// A link sent by SMS. It is valid once, for five minutes.
import { addSeconds } from '../../platform/clock.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import type { SmsPolicy } from '../../policy/sms.ts';
import { consume } from '../challenge.ts';
import { defineFactor, REJECTED } from '../factor.ts';
import { answeredByLink, LINK_PROOFS, newLink } from '../link/link.ts';
import { messageToPhone, PHONE_SECONDS, phoneChoices, provedByPhone } from './phone.ts';

interface Services {
  readonly linkUrl: string;
  readonly sms: SmsPolicy;
}

const kind = FactorKind.PHONE_LINK;

export const phoneLinkFactor = defineFactor({
  kind,
  description: 'A link sent by SMS. Possession.',
  name: { en: 'A phone number', de: 'eine Telefonnummer' },
  proofs: LINK_PROOFS,
  roles: ['FIRST'],
  reaches: 'PHONE',
  isOnOffer: ({ sms }: Services) => sms.sendsTexts,
  create: ({ linkUrl, sms }: Services) => ({
    options: (account, role) => phoneChoices(kind, account, role, sms),
    prepare({ account, authenticatorId, purpose, now }) {
      const { url, digest } = newLink(linkUrl);
      const template = { name: 'phone-link', url, minutes: PHONE_SECONDS / 60, purpose } as const;
      return {
        digest,
        expiresAt: addSeconds(now, PHONE_SECONDS),
        message: messageToPhone(account, authenticatorId, template, sms),
      };
    },
    async verify(proof, request) {
      const challenge = answeredByLink(proof, request);
      const proved = challenge === null ? null : provedByPhone(kind, challenge, request, sms);
      if (challenge === null || proved === null) return REJECTED;
      return { accepted: true, consume: consume(challenge, request.now), ...proved };
    },
  }),
});
