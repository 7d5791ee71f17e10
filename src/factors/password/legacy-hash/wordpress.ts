// WordPress (wp-includes/pluggable.php and user.php). Since 6.8 its form is `$wp$2y$…`: bcrypt of the base64 of
// HMAC-SHA-384 of the password, with the key `wp-sha384`. Before, it was phpass, `$P$…`, which other systems use too.
// Hashes from WordPress are `$wp$P$…` here, because WordPress changes a password before hashing: it trims white space,
// and its sign-in form adds a backslash before quotes, backslashes and NUL, like PHP's addslashes.
import { createHmac } from 'node:crypto';
import bcrypt from 'bcrypt';
import { canonicalBcrypt } from './bcrypt.ts';
import { phpassHash } from './phpass.ts';
import type { LegacyHash } from './scheme.ts';

const PREFIX = '$wp';

export function wordPressHash(text: string): LegacyHash | null {
  if (!text.startsWith(`${PREFIX}$`)) return null;
  const inner = text.slice(PREFIX.length);
  const phpass = phpassHash(inner);
  if (phpass !== null) return ofWordPress(phpass.text, phpass.verify);
  const hash = canonicalBcrypt(inner);
  return ofWordPress(hash, (password) =>
    bcrypt.compareSync(createHmac('sha384', 'wp-sha384').update(password).digest('base64'), hash),
  );
}

/** Marks a hash that comes from WordPress. */
export function wordPressText(text: string): string {
  return /^\$[PH]\$/.test(text) ? `${PREFIX}${text}` : text;
}

function ofWordPress(inner: string, verify: LegacyHash['verify']): LegacyHash {
  return {
    scheme: 'wordpress',
    text: `${PREFIX}${inner}`,
    isFast: false,
    verify: asChanged(verify),
  };
}

/** Tries a password in both forms that WordPress may have hashed: trimmed, and trimmed with backslashes. */
function asChanged(verify: LegacyHash['verify']): LegacyHash['verify'] {
  return (password) => {
    const trimmed = password.replace(/^[ \t\n\r\0\v]+|[ \t\n\r\0\v]+$/g, '');
    const slashed = trimmed.replace(/['"\\]/g, '\\$&').replaceAll('\0', '\\0');
    return verify(trimmed) || (slashed !== trimmed && verify(slashed));
  };
}
