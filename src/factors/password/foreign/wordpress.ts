// WordPress (wp-includes/pluggable.php and user.php). Since 6.8 it writes `$wp$2y$…`: bcrypt of HMAC-SHA-384 of the
// password under the key `wp-sha384`, in base64. Before, it wrote `$P$…`, by phpass, which others write as well; what comes
// from WordPress is `$wp$P$…` here, because WordPress changes a password first: it strips white space at both ends, and the
// form of its sign-in page adds a backslash before quotes, backslashes and NUL, as PHP's addslashes does.
import { createHmac } from 'node:crypto';
import bcrypt from 'bcrypt';
import { canonicalBcrypt } from './bcrypt.ts';
import { phpassHash } from './phpass.ts';
import type { ForeignHash } from './scheme.ts';

const PREFIX = '$wp';

export function wordPressHash(text: string): ForeignHash | null {
  if (!text.startsWith(`${PREFIX}$`)) return null;
  const inner = text.slice(PREFIX.length);
  const phpass = phpassHash(inner);
  if (phpass !== null) return ofWordPress(phpass.text, phpass.verify);
  const hash = canonicalBcrypt(inner);
  return ofWordPress(hash, (password) =>
    bcrypt.compareSync(createHmac('sha384', 'wp-sha384').update(password).digest('base64'), hash),
  );
}

/** What WordPress stores, as it is read here. */
export function wordPressText(text: string): string {
  return /^\$[PH]\$/.test(text) ? `${PREFIX}${text}` : text;
}

function ofWordPress(inner: string, verify: ForeignHash['verify']): ForeignHash {
  return {
    scheme: 'wordpress',
    text: `${PREFIX}${inner}`,
    isFast: false,
    verify: asChanged(verify),
  };
}

/** Tries a password as WordPress changes it: trimmed, and slashed where that makes it another one. */
function asChanged(verify: ForeignHash['verify']): ForeignHash['verify'] {
  return (password) => {
    const trimmed = password.replace(/^[ \t\n\r\0\v]+|[ \t\n\r\0\v]+$/g, '');
    const slashed = trimmed.replace(/['"\\]/g, '\\$&').replaceAll('\0', '\\0');
    return verify(trimmed) || (slashed !== trimmed && verify(slashed));
  };
}
