// Reads the name of a domain that a tenant wants to prove. Nobody can own a public suffix such as `co.uk`, and the addresses
// of a public mail provider belong to its customers, whoever runs it.
import { z } from 'zod';
import { emailAddress } from '../factors/email/mailbox.ts';
import { MORE_MAIL_PROVIDERS } from './mail-providers.ts';

/** A label before the name, which carries the proof, must fit. */
const MOST_NAME = 253 - '_stepgate.'.length;

const FORM = 'Enter a domain name, for example example.com.';
const SUFFIX =
  'Enter a domain that belongs to one organization. This is a public suffix, or a name that is not in public DNS.';
const PUBLIC_MAIL =
  'This is the domain of a public mail provider, whose addresses belong to many people. Enter your own domain.';

const domainForm = z.string().transform((text, context): string => {
  const name = text.trim().replace(/\.$/, '');
  const read = name.includes('@') ? undefined : emailAddress.safeParse(`a@${name}`).data;
  const domain = read?.address.slice('a@'.length);
  if (domain !== undefined && domain.length <= MOST_NAME) return domain;
  context.addIssue(FORM);
  return z.NEVER;
});

/** Loads its lists, which are large, when it is called. @returns A-labels in lower case, as in addresses, or what is wrong. */
export async function readDomain(
  text: string,
): Promise<{ readonly name: string } | { readonly defect: string }> {
  const parsed = domainForm.safeParse(text);
  if (!parsed.success) return { defect: parsed.error.issues[0]?.message ?? FORM };
  const name = parsed.data;
  const [{ parse }, { default: listed }] = await Promise.all([
    import('tldts'),
    import('email-providers/all.json', { with: { type: 'json' } }),
  ]);
  const { domain, isIcann, isPrivate } = parse(name, { allowPrivateDomains: true });
  if (domain === null || (isIcann !== true && isPrivate !== true)) return { defect: SUFFIX };
  const isMail = [name, domain].some((one) => listed.includes(one) || MORE_MAIL_PROVIDERS.has(one));
  return isMail ? { defect: PUBLIC_MAIL } : { name };
}
