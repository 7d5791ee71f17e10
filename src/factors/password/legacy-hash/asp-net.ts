// ASP.NET Identity's hashes (dotnet/aspnetcore, Identity/Extensions.Core/src/PasswordHasher.cs) are base64. The first
// byte is the version. Version 3, `AQAAAA…`, continues with the digest, the rounds and the length of the salt, in four
// bytes each, then salt and hash. Version 2 has 49 bytes and no parameters: it is PBKDF2 with HMAC-SHA-1 and 1000
// rounds.
import { bytesOfBase64 } from './bytes.ts';
import { phcString } from './phc-string.ts';
import { LegacyHashError } from './scheme.ts';

const DIGESTS = ['sha1', 'sha256', 'sha512'];
const HEADER = 13;
const VERSION_2 = { bytes: 49, salt: 17, rounds: 1000 } as const;

/** The canonical text. Null when the text is not a hash of ASP.NET. */
export function aspNetText(text: string): string | null {
  const bytes = /^A[A-Za-z0-9+/]+={0,2}$/.test(text) ? bytesOfBase64(text) : null;
  if (bytes?.[0] === 0 && bytes.length === VERSION_2.bytes) {
    const [salt, hash] = [bytes.subarray(1, VERSION_2.salt), bytes.subarray(VERSION_2.salt)];
    return phcString('pbkdf2-sha1', { i: VERSION_2.rounds }, { salt, hash });
  }
  return text.startsWith('AQAAAA') ? version3Text(bytes) : null;
}

function version3Text(bytes: Buffer | null): string {
  const isWhole = bytes !== null && bytes.length > HEADER;
  const digest = isWhole ? DIGESTS[bytes.readUInt32BE(1)] : undefined;
  if (!isWhole || digest === undefined) {
    throw new LegacyHashError(
      'An ASP.NET Identity hash must be base64 of a header, a salt and a hash. This one was altered or truncated.',
      'Copy the whole hash again.',
    );
  }
  const end = HEADER + bytes.readUInt32BE(9);
  const parts = { salt: bytes.subarray(HEADER, end), hash: bytes.subarray(end) };
  return phcString(`pbkdf2-${digest}`, { i: bytes.readUInt32BE(5) }, parts);
}
