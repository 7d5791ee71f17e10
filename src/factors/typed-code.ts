// Codes and numbers as people type and paste them: in any script's digits, full width, with spaces, dashes, and the
// invisible characters that messengers put around a number. What is left is what was meant; nothing else is guessed.

/** Format characters (bidi marks, zero-width spaces, soft hyphens): they are never seen. */
const INVISIBLE = /\p{Cf}/gu;
/** Spaces, and what looks like a dash: U+2212 is a minus, and U+30FC the long sign that a Japanese keyboard gives. */
const SEPARATOR = /[\s\p{Z}\p{Pd}\u2212\u30fc]/gu;
const DIGIT = /\p{Nd}/u;

/** The text in compatibility form (UAX #15), without what is not seen, with ASCII digits. */
export function readTyped(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll(INVISIBLE, '')
    .replaceAll(/\p{Nd}/gu, (digit) => String(valueOf(digit)));
}

/** A code: what was typed, without spaces and dashes. */
export function readCode(text: string): string {
  return readTyped(text).replaceAll(SEPARATOR, '');
}

/** Each script's digits follow each other from 0 to 9 (Unicode Standard, section 4.6), some scripts' after another's. */
function valueOf(digit: string): number {
  const codePoint = digit.codePointAt(0) ?? 0;
  let first = codePoint;
  while (DIGIT.test(String.fromCodePoint(first - 1))) first -= 1;
  return (codePoint - first) % 10;
}
