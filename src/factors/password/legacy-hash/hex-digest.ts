// A bare digest in hex, as sha256sum prints it. Its length determines the algorithm.
import { bytesOfHex } from './bytes.ts';
import { digestText } from './digest.ts';

const ALGORITHMS: ReadonlyMap<number, string> = new Map([
  [32, 'md5'],
  [40, 'sha1'],
  [56, 'sha224'],
  [64, 'sha256'],
  [96, 'sha384'],
  [128, 'sha512'],
]);

/** The canonical text. Null when the text is not a hex digest. */
export function hexDigestText(text: string): string | null {
  const algorithm = ALGORITHMS.get(text.length);
  const hash = bytesOfHex(text);
  if (algorithm === undefined || hash === null) return null;
  return digestText({ algorithm, salt: Buffer.alloc(0), position: 'prefix', hash });
}
