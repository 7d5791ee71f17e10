// Normalises codes and phone numbers as people type and paste them: with the digits of any script, full-width
// characters, spaces, dashes, and the invisible characters that messengers put around a number.

/** Format characters, which are invisible: bidi marks, zero-width spaces, soft hyphens. */
const INVISIBLE = /\p{Cf}/gu;
/**
 * Spaces, and characters that look like a dash: U+2212 is the minus sign, U+30FC the long sound mark of Japanese
 * keyboards.
 */
const SEPARATOR = /[\s\p{Z}\p{Pd}\u2212\u30fc]/gu;
const DIGIT = /\p{Nd}/u;

/** The text in compatibility form (NFKC, UAX #15), without invisible characters, with ASCII digits. */
export function readTyped(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll(INVISIBLE, '')
    .replaceAll(/\p{Nd}/gu, (digit) => String(valueOf(digit)));
}

/** A typed code without spaces and dashes. */
export function readCode(text: string): string {
  return readTyped(text).replaceAll(SEPARATOR, '');
}

/**
 * The digits of each script are consecutive, from 0 to 9 (Unicode Standard section 4.6). Ranges of scripts may be
 * adjacent.
 */
function valueOf(digit: string): number {
  const codePoint = digit.codePointAt(0) ?? 0;
  let first = codePoint;
  while (DIGIT.test(String.fromCodePoint(first - 1))) first -= 1;
  return (codePoint - first) % 10;
}
