// phpass (openwall.com/phpass), used by WordPress before 6.8, phpBB 3 and old Drupal modules: `$P$`, one character for
// the number of rounds, a salt of eight characters, and iterated MD5 in phpass's own base64.
import { createHash, timingSafeEqual } from 'node:crypto';
import { parameter } from './parameter.ts';
import { type LegacyHash, LegacyHashError } from './scheme.ts';

const DIGITS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** The last of 22 digits has two bits. */
const FORM = /^\$[PH]\$(?<rounds>[./0-9A-Za-z])(?<salt>[./0-9A-Za-z]{8})(?<hash>[./0-9A-Za-z]{21}[./01])$/;
/** Binary logarithm. Takes half a second. */
const MOST_ROUNDS = 18;

export function phpassHash(text: string): LegacyHash | null {
  if (!/^\$[PH]\$/.test(text)) return null;
  const { rounds = '', salt = '', hash = '' } = FORM.exec(text)?.groups ?? {};
  if (hash === '') {
    throw new LegacyHashError(
      'A phpass hash must begin with $P$ or $H$ and have 34 characters. This one does not, or it was altered.',
      'Copy the whole hash again.',
    );
  }
  const log2 = parameter(String(DIGITS.indexOf(rounds)), {
    name: 'The binary logarithm of the rounds of a phpass hash',
    least: 7,
    most: MOST_ROUNDS,
  });
  const expected = Buffer.from(hash);
  return {
    scheme: 'phpass',
    text: text.replace(/^\$H/, '$P'),
    isFast: false,
    verify: (password) => {
      const bytes = Buffer.from(password);
      let digest = createHash('md5').update(salt).update(bytes).digest();
      for (let round = 0; round < 2 ** log2; round += 1) {
        digest = createHash('md5').update(digest).update(bytes).digest();
      }
      return timingSafeEqual(Buffer.from(encoded(digest)), expected);
    },
  };
}

/** Three bytes become four digits, the lowest six bits first. */
function encoded(digest: Buffer): string {
  let text = '';
  for (let at = 0; at < digest.length; at += 3) {
    const bytes = digest.subarray(at, at + 3);
    const group = bytes.reduce((value, byte, index) => value + byte * 256 ** index, 0);
    for (let digit = 0; digit <= bytes.length; digit += 1) {
      text += DIGITS.charAt(Math.floor(group / 64 ** digit) % 64);
    }
  }
  return text;
}
