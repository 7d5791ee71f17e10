// Words that an attacker would try first for one user: the product's name, and the user's name and email address (NIST
// SP 800-63B-4 section 3.1.1.2, "context-specific words").

export interface PasswordOwner {
  readonly email: string | null;
  readonly name: string | null;
}

/** More words would only cost time. */
const MOST_WORDS = 40;
const LONGEST_WORD = 64;

/** The words as a whole and in parts, in lower case. */
export function guessableWords(productName: string, { email, name }: PasswordOwner): string[] {
  const whole = [productName, ...(email === null ? [] : [email, ...email.split('@')]), name ?? ''];
  const pieces = whole.flatMap((one) => one.split(/[^\p{L}\p{N}]+/u));
  const words = [...whole, ...pieces].map((one) => one.normalize('NFC').toLowerCase());
  // Words of one or two letters occur in almost every password.
  const telling = words.filter(({ length }) => length > 2 && length <= LONGEST_WORD);
  return [...new Set(telling)].slice(0, MOST_WORDS);
}
