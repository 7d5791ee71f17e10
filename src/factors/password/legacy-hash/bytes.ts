// Strict decoders of base64 (RFC 4648, both alphabets) and hex. Node's decoder skips invalid characters, so that many
// texts would give the same hash. These accept only the one text that the bytes encode to.

/** Accepts the alphabets of sections 4 and 5, with or without padding. Null when the text is not base64. */
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

/** Null when the text is not hex. */
export function bytesOfHex(text: string): Buffer | null {
  return /^(?:[0-9A-Fa-f]{2})*$/.test(text) ? Buffer.from(text, 'hex') : null;
}
