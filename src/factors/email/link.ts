// A link sent by email. It proves access to the mailbox, which counts as knowledge. It is valid once, for ten minutes.

import type { GeoIp } from '../../delivery/geoip.ts';
import { addSeconds } from '../../platform/clock.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { consume } from '../challenge.ts';
import { defineFactor, REJECTED } from '../factor.ts';
import { answeredByLink, LINK_PROOFS, newLink } from '../link/link.ts';
import { EMAIL_SECONDS, emailChoices, messageToEmail, provedByEmail, purposeOf } from './address.ts';
import { emailEnrollment } from './enrollment.ts';

export const emailLinkFactor = defineFactor({
  kind: FactorKind.EMAIL_LINK,
  description:
    'A link sent by email. Knowledge, because the password of the mailbox is all that it takes to open it.',
  name: { en: 'An email address', de: 'eine E-Mail-Adresse' },
  proofs: LINK_PROOFS,
  roles: ['FIRST'],
  reaches: 'EMAIL',
  create: ({ linkUrl, geoip }: { readonly linkUrl: string; readonly geoip: GeoIp }) => ({
    options: (account) => emailChoices(FactorKind.EMAIL_LINK, account),
    prepare(request) {
      const { client, now } = request;
      const { url, digest } = newLink(linkUrl);
      const { ip, userAgent } = client;
      const template = {
        name: 'email-link',
        url,
        minutes: EMAIL_SECONDS / 60,
        purpose: purposeOf(request),
        ip,
        userAgent,
        at: now,
      } as const;
      return {
        digest,
        expiresAt: addSeconds(now, EMAIL_SECONDS),
        message: messageToEmail(request, template, geoip),
      };
    },
    async verify(proof, request) {
      const challenge = answeredByLink(proof, request);
      const proved = challenge === null ? null : provedByEmail(challenge, request);
      if (challenge === null || proved === null) return REJECTED;
      return { accepted: true, consume: consume(challenge, request.now), ...proved };
    },
    enrollment: emailEnrollment,
  }),
});
