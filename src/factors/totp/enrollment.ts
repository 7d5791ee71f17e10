// What a user needs to set up an authenticator app: the secret, the key URI, and the URI as a QR code.
import { generateURI } from 'otplib';
import type { ShownAs } from '../factor-enrollment.ts';

type KeyMaterial = {
  /** Base32. */
  readonly secret: string;
  /** A key URI. */
  readonly uri: string;
};

export interface TotpEnrollment extends KeyMaterial {
  /** A data URI of an SVG image. */
  readonly qrCode: string;
}

/** The issuer must not contain a colon, which separates issuer and account in a key URI. */
export function keyMaterial(secret: string, { issuer, account }: ShownAs): KeyMaterial {
  return { secret, uri: generateURI({ issuer, label: account, secret }) };
}

export async function totpEnrollment(secret: string, shownAs: ShownAs): Promise<TotpEnrollment> {
  const material = keyMaterial(secret, shownAs);
  const { default: QRCode } = await import('qrcode');
  const svg = await QRCode.toString(material.uri, { type: 'svg', errorCorrectionLevel: 'M', margin: 2 });
  return { ...material, qrCode: `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}` };
}
