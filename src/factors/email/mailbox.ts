// The form of an e-mail address: a dot-atom before the `@` (RFC 5322 section 3.4.1) and a domain name after it. The
// domain is compared and stored in A-labels (UTS #46) and the whole in lower case, because nobody gives two people
// addresses that differ only in case. Quoted local parts, address literals and non-ASCII local parts are refused.
import { toASCII } from 'tr46';
import { z } from 'zod';

export interface Mailbox {
  /** What is compared, stored and written to: ASCII, in lower case. */
  readonly address: string;
  /** What its user typed and is shown. */
  readonly typed: string;
}

/** In octets: RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.3, the latter without the angle brackets. */
const MOST_LOCAL = 64;
const MOST_ADDRESS = 254;

const Defect = {
  FORM: 'Give an e-mail address, for example jane@example.com.',
  LOOK_ALIKE: 'A character of this address only looks like an @ or a dot. Type the address again.',
  NOT_ASCII:
    'Stepgate cannot send mail to this address. Give one with only unaccented letters, digits and ASCII punctuation before the @.',
  LONG_LOCAL: `An e-mail address has at most ${MOST_LOCAL} characters before the @.`,
  DOMAIN: 'Give an e-mail address with a domain name after the @, for example jane@example.com.',
  TOO_LONG: `An e-mail address has at most ${MOST_ADDRESS} characters.`,
} as const;
type Defect = (typeof Defect)[keyof typeof Defect];

/** Runs of `atext` with single dots between them. */
const DOT_ATOM = /^[\w!#$%&'*+\-/=?^`{|}~]+(?:\.[\w!#$%&'*+\-/=?^`{|}~]+)*$/;
const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
/** At least two labels. The last one is not a number, or the whole would be an IP address. */
const DOMAIN = new RegExp(`^(?:${LABEL}\\.)+(?!\\d+$)${LABEL}$`);
/** What comes along with pasted text: spaces, line breaks, marks and isolates of writing direction. */
const EDGES = /^[\s\u200b\u200e\u200f\u2060\u2066-\u2069]+|[\s\u200b\u200e\u200f\u2060\u2066-\u2069]+$/g;

/** Whether a person would take the text for an e-mail address. */
export function looksLikeEmail(text: string): boolean {
  return text.normalize('NFKC').includes('@');
}

export const emailAddress = z.string().transform((text, context): Mailbox => {
  // Nothing is searched in a text that is far too long.
  const typed = text.length > 2 * MOST_ADDRESS ? text : text.replaceAll(EDGES, '');
  const read = readAddress(typed);
  if (typeof read !== 'string') return { ...read, typed: typed.normalize('NFC') };
  context.addIssue(read);
  return z.NEVER;
});

function readAddress(typed: string): { readonly address: string } | Defect {
  // NFC makes some characters longer.
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

/** UTS #46 reads a full-width dot as a dot, and so would divide a domain where a person sees no division. */
function hasLookAlike(text: string): boolean {
  return [...text].some((one) => one > '\x7f' && /[@.。]/.test(one.normalize('NFKC')));
}
