// What a user needs to set up an authenticator app: the secret, the key URI, and the URI as a QR code.
import { generateURI } from 'otplib';
import QRCode from 'qrcode';

export interface TotpEnrollment {
  /** Base32. */
  readonly secret: string;
  readonly uri: string;
  /** A data URI of an SVG image. */
  readonly qrCode: string;
}

/** @param issuer must not contain a colon, which separates issuer and account in a key URI. */
export async function totpEnrollment(
  secret: string,
  issuer: string,
  account: string,
): Promise<TotpEnrollment> {
  const uri = generateURI({ issuer, label: account, secret });
  const svg = await QRCode.toString(uri, { type: 'svg', errorCorrectionLevel: 'M', margin: 2 });
  return { secret, uri, qrCode: `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}` };
}
