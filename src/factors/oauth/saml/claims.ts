// What an assertion says of a user, as the claims that an ID token would have.
import { secondsOf } from '../../../platform/clock.ts';
import type { Claims } from '../profile.ts';
import type { ReadAssertion } from './assertion.ts';
import type { SamlProvider } from './saml-provider.ts';

/** Names that products use unless they are told otherwise: plain, of LDAP, and of Microsoft. */
const EMAIL = [
  'email',
  'mail',
  'urn:oid:0.9.2342.19200300.100.1.3',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
];
const NAME = [
  'displayName',
  'urn:oid:2.16.840.1.113730.3.1.241',
  'http://schemas.microsoft.com/identity/claims/displayname',
];
/** Where Microsoft Entra and AD FS list how the user has authenticated. */
const METHODS = 'http://schemas.microsoft.com/claims/authnmethodsreferences';

export function claimsOf({ settings: { terms } }: SamlProvider, assertion: ReadAssertion): Claims {
  const { nameId, contextClass, authenticatedAt, attributes } = assertion;
  const { email, name } = terms.attributes;
  const isAddress = terms.nameIdFormat === 'emailAddress';
  return {
    sub: nameId,
    email: single(attributes, email === null ? EMAIL : [email]) ?? (isAddress ? nameId : undefined),
    name: single(attributes, name === null ? NAME : [name]),
    acr: contextClass,
    amr: attributes.get(METHODS) ?? [],
    auth_time: secondsOf(authenticatedAt),
  };
}

/** The value of the first attribute that is there, if it has one only. */
function single(attributes: ReadAssertion['attributes'], names: readonly string[]): string | undefined {
  const [value, another] = names.map((name) => attributes.get(name)).find((one) => one !== undefined) ?? [];
  return another === undefined ? value : undefined;
}
