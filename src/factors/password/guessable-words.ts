// Words that a guesser would try first for one user: the product's name, and what the user is called (NIST SP 800-63B-4
// section 3.1.1.2, "context-specific words").

export interface PasswordOwner {
  readonly email: string | null;
  readonly name: string | null;
}

/** More of them would only cost time. */
const MOST_WORDS = 40;
const LONGEST_WORD = 64;

/** Whole, and in pieces; in lower case. */
export function guessableWords(productName: string, { email, name }: PasswordOwner): string[] {
  const whole = [productName, ...(email === null ? [] : [email, ...email.split('@')]), name ?? ''];
  const pieces = whole.flatMap((one) => one.split(/[^\p{L}\p{N}]+/u));
  const words = [...whole, ...pieces].map((one) => one.normalize('NFC').toLowerCase());
  // A letter or two is part of almost everything.
  const telling = words.filter(({ length }) => length > 2 && length <= LONGEST_WORD);
  return [...new Set(telling)].slice(0, MOST_WORDS);
}
