// What an authenticator app needs to enroll: the secret, the key URI, and the same as a QR code.
import { generateURI } from 'otplib';
import QRCode from 'qrcode';

export interface TotpEnrollment {
  /** Base32. */
  readonly secret: string;
  readonly uri: string;
  /** A data URI of an SVG image. */
  readonly qrCode: string;
}

/** @param issuer without a colon, which the key URI format puts between issuer and account. */
export async function totpEnrollment(
  secret: string,
  issuer: string,
  account: string,
): Promise<TotpEnrollment> {
  const uri = generateURI({ issuer, label: account, secret });
  const svg = await QRCode.toString(uri, { type: 'svg', errorCorrectionLevel: 'M', margin: 2 });
  return { secret, uri, qrCode: `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}` };
}
