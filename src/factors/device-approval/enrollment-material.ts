// What the user needs to enroll a device: an address to open on it, also as a QR code; and once the device has opened it,
// which device that was, so that the user can tell a stranger's from their own.
import { browserOf } from '../../delivery/origin.ts';
import type { FactorData } from '../account.ts';
import type { UnprovedAuthenticator } from '../factor-enrollment.ts';
import { dataOf } from './device.ts';

/** @param token Null if the device is enrolled. Then the address is used up. */
export async function enrollmentMaterial(
  approvalUrl: string,
  device: UnprovedAuthenticator,
  token: string | null,
): Promise<FactorData> {
  const { expiresAt, enrolledAt = null, userAgent = null } = dataOf(device);
  if (token === null) return { enrolledAt, browser: browserOf(userAgent) };
  const url = `${approvalUrl}#enroll=${device.id}.${token}`;
  const { default: QRCode } = await import('qrcode');
  const svg = await QRCode.toString(url, { type: 'svg', errorCorrectionLevel: 'M', margin: 2 });
  const qrCode = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
  return { url, qrCode, expiresAt, enrolledAt };
}
