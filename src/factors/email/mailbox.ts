// Parses an email address: a dot-atom before the `@` (RFC 5322 section 3.4.1) and a domain name after it. Addresses are
// stored in lower case, because no provider gives two people addresses that differ only in case, with the domain in
// A-labels (UTS #46). Quoted local parts, address literals and non-ASCII local parts are rejected.
import { toASCII } from 'tr46';
import { z } from 'zod';

export interface Mailbox {
  /** The address that is compared, stored and sent to: ASCII, in lower case. */
  readonly address: string;
  /** The address as the user typed it, for display. */
  readonly typed: string;
}

/** Maximum lengths in octets (RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.3, the latter without its angle brackets). */
const MOST_LOCAL = 64;
const MOST_ADDRESS = 254;

const Defect = {
  FORM: 'Enter an email address, for example jane@example.com.',
  LOOK_ALIKE: 'The address contains a character that only looks like an @ or a dot. Type the address again.',
  NOT_ASCII:
    'Stepgate cannot send email to this address. Before the @, use only unaccented letters, digits and ASCII punctuation.',
  LONG_LOCAL: `The part before the @ is too long. Use at most ${MOST_LOCAL} characters.`,
  DOMAIN: 'Enter an email address with a domain name after the @, for example jane@example.com.',
  TOO_LONG: `The email address is too long. Use at most ${MOST_ADDRESS} characters.`,
} as const;
type Defect = (typeof Defect)[keyof typeof Defect];

/** Runs of `atext` with single dots between them. */
const DOT_ATOM = /^[\w!#$%&'*+\-/=?^`{|}~]+(?:\.[\w!#$%&'*+\-/=?^`{|}~]+)*$/;
const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
/** At least two labels. The last one is not a number, which would make the name an IP address. */
const DOMAIN = new RegExp(`^(?:${LABEL}\\.)+(?!\\d+$)${LABEL}$`);
/** Characters that pasted text often begins or ends with: spaces, line breaks, and marks of text direction. */
const EDGES = /^[\s\u200b\u200e\u200f\u2060\u2066-\u2069]+|[\s\u200b\u200e\u200f\u2060\u2066-\u2069]+$/g;

/** The domain of an address in its comparison form. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

/** Whether the text is meant to be an email address. */
export function looksLikeEmail(text: string): boolean {
  return text.normalize('NFKC').includes('@');
}

export const emailAddress = z.string().transform((text, context): Mailbox => {
  // A text that is far too long is rejected without searching it.
  const typed = text.length > 2 * MOST_ADDRESS ? text : text.replaceAll(EDGES, '');
  const read = readAddress(typed);
  if (typeof read !== 'string') return { ...read, typed: typed.normalize('NFC') };
  context.addIssue(read);
  return z.NEVER;
});

function readAddress(typed: string): { readonly address: string } | Defect {
  // NFC can make a text longer.
  if (typed.length > MOST_ADDRESS || typed.normalize('NFC').length > MOST_ADDRESS) return Defect.TOO_LONG;
  if (hasLookAlike(typed)) return Defect.LOOK_ALIKE;
  const at = typed.lastIndexOf('@');
  if (at === -1) return Defect.FORM;
  const local = typed.slice(0, at);
  if (/[^\0-\x7f]/.test(local)) return Defect.NOT_ASCII;
  if (!DOT_ATOM.test(local)) return Defect.FORM;
  if (local.length > MOST_LOCAL) return Defect.LONG_LOCAL;
  const domain = toASCII(typed.slice(at + 1), {
    checkBidi: true,
    checkJoiners: true,
    useSTD3ASCIIRules: true,
    verifyDNSLength: true,
  });
  if (domain === null || !DOMAIN.test(domain)) return Defect.DOMAIN;
  const address = `${local.toLowerCase()}@${domain}`;
  return address.length > MOST_ADDRESS ? Defect.TOO_LONG : { address };
}

/** UTS #46 treats a full-width dot as a dot, so a domain could contain a separator that a person does not recognise. */
function hasLookAlike(text: string): boolean {
  return [...text].some((one) => one > '\x7f' && /[@.。]/.test(one.normalize('NFKC')));
}
