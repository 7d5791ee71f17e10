// Bytes as text: base64 (RFC 4648, in both of its alphabets) and hex. Node's own decoder skips what it does not
// understand, so that many texts would mean the same hash; here each text that is not the one of its bytes is refused.

/** With or without padding, in the alphabet of section 4 or that of section 5. Null: it is not base64. */
export function bytesOfBase64(text: string): Buffer | null {
  const [, digits, padding] = /^([A-Za-z0-9+/_-]*)(={0,2})$/.exec(text) ?? [];
  if (digits === undefined || (padding !== '' && text.length % 4 !== 0)) return null;
  const standard = digits.replaceAll('-', '+').replaceAll('_', '/');
  const bytes = Buffer.from(standard, 'base64');
  return base64WithoutPadding(bytes) === standard ? bytes : null;
}

export function base64WithoutPadding(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

/** Null: it is not hex. */
export function bytesOfHex(text: string): Buffer | null {
  return /^(?:[0-9A-Fa-f]{2})*$/.test(text) ? Buffer.from(text, 'hex') : null;
}
