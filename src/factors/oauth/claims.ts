// Who a user is at a provider, from the claims of an ID token, a profile or a SAML assertion, once they are verified. When a
// user has authenticated is compared here, because openid-client allows for half a minute and node-saml does not look.
import type { ProviderSettings } from '../../config/provider-settings.ts';
import { secondsOf } from '../../platform/clock.ts';
import { misleading } from '../../platform/one-line-text.ts';
import { unstorable } from '../../platform/storable-text.ts';
import { type AddressRule, type DomainRule, domainMailbox, trustedMailbox } from './address-rules.ts';
import { AnswerRefusedError } from './answer-refused.ts';
import { isAnew, type Pending } from './pending.ts';
import type { Claims } from './profile.ts';
import type { ProvenIdentity } from './proven-identity.ts';
import { isFreshlyAuthenticated, provesSecondFactor } from './second-factor.ts';

const LONGEST_SUBJECT = 255;
const LONGEST_NAME = 128;
const LONGEST_ADDRESS = 320;
const MOST_SAID = 100;

interface Source {
  readonly settings: ProviderSettings;
  readonly issuer: string;
  readonly addressRule: AddressRule;
  readonly domainRule: DomainRule | null;
  /** Whether it says when and how the user has authenticated. */
  readonly canAskAnew: boolean;
}

/** @throws {AnswerRefusedError} */
export function identityOf(
  { settings, issuer, addressRule, domainRule, canAskAnew }: Source,
  claims: Claims,
  pending: Pending,
  now: Date,
): Omit<ProvenIdentity, 'providerSession'> {
  const subject = subjectOf(claims);
  if (isAnew(pending.purpose) && !isFreshlyAuthenticated(claims, pending.requestedAt, now))
    throw new AnswerRefusedError('the user has not authenticated anew');
  const provesSecond = canAskAnew && provesSecondFactor(settings.secondFactor, claims, pending, now);
  if (pending.purpose === 'SECOND_FACTOR' && !provesSecond)
    throw new AnswerRefusedError('no second factor was verified');
  const { email } = claims;
  return {
    is: 'IDENTITY',
    providerId: settings.id,
    issuer,
    subject,
    name: nameOf(claims),
    address: typeof email === 'string' && email.length <= LONGEST_ADDRESS ? email : null,
    mailbox: trustedMailbox(claims, addressRule, settings.addresses),
    domainMailbox: domainMailbox(claims, domainRule, settings.addresses),
    said: saidIn(claims),
    standing: { is: 'FREE' },
    secondFactorAt: provesSecond ? Math.min(Number(claims['auth_time']), secondsOf(now)) : null,
  };
}

/** At most 255 ASCII characters (OpenID Connect Core section 2). Providers without ID tokens also use numbers. */
export function subjectOf({ sub }: Claims): string {
  const subject = typeof sub === 'number' && Number.isSafeInteger(sub) ? String(sub) : sub;
  if (typeof subject !== 'string' || subject.length > LONGEST_SUBJECT || !/^[\x21-\x7e]+$/.test(subject))
    throw new AnswerRefusedError('the subject is not right');
  return subject;
}

/** Null when it could not be shown. */
function nameOf({ name }: Claims): string | null {
  if (typeof name !== 'string') return null;
  const shown = name.normalize('NFC').trim();
  return isShown(shown) ? shown : null;
}

/** Texts of the provider, which an administrator reads in the report of a test. */
function saidIn(claims: Claims): ProvenIdentity['said'] {
  const { acr, amr } = claims;
  const texts = (list: readonly unknown[]) =>
    list.filter((one): one is string => typeof one === 'string' && isShown(one)).slice(0, MOST_SAID);
  return {
    names: texts(Object.keys(claims)).toSorted(),
    acr: typeof acr === 'string' && isShown(acr) ? acr : null,
    amr: Array.isArray(amr) ? texts(amr) : [],
  };
}

function isShown(text: string): boolean {
  return text !== '' && text.length <= LONGEST_NAME && misleading(text) === null && unstorable(text) === null;
}
