// What is stored of an approving device. `secret` holds what must stay secret, sealed: before the device is enrolled the
// token of the address that it scans, afterwards its Web Push subscription. `data` holds the rest.
import { z } from 'zod';
import type { KeyRing } from '../../platform/key-ring.ts';
import type { StoredAuthenticator } from '../account.ts';
import { openSecret, sealSecret } from '../sealed-secret.ts';
import type { PublicKey } from './signed-text.ts';

export interface DeviceData {
  /** Until when the scanned address enrolls the device, ISO 8601. */
  readonly expiresAt: string;
  /** Absent until the device has sent it. */
  readonly publicKey?: PublicKey;
  /** The browser of the device and when it sent its key, for the user to recognize it. */
  readonly userAgent?: string | null;
  readonly enrolledAt?: string;
  /** Whether it can be told of requests by Web Push. */
  readonly subscribed?: boolean;
}

export interface PushSubscription {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

type Stored = Pick<StoredAuthenticator, 'id' | 'secret' | 'data'>;

export function dataOf({ data }: Pick<Stored, 'data'>): DeviceData {
  return data as unknown as DeviceData;
}

export function sealSubscription(ring: KeyRing, id: string, subscription: PushSubscription | null): string {
  return sealSecret(ring, id, JSON.stringify(subscription));
}

/** Null if the device has none. */
export function subscriptionOf(ring: KeyRing, device: Stored): PushSubscription | null {
  const { subscribed = false } = dataOf(device);
  return subscribed ? JSON.parse(openSecret(ring, device.id, device.secret)) : null;
}

const base64url = (length: number) =>
  z.string().regex(new RegExp(`^[\\w-]{${length}}$`), `Must have ${length} characters of base64url.`);

/** A public key in the form of a JSON Web Key. Other members are ignored. */
export const publicKeyForm: z.ZodType<PublicKey> = z.object({
  kty: z.literal('EC', 'Must be "EC".'),
  crv: z.literal('P-256', 'Must be "P-256".'),
  x: base64url(43),
  y: base64url(43),
});

export const signatureForm = base64url(86);

/** What `PushSubscription.toJSON()` returns in a browser (Push API section 8.1). Other members are ignored. */
export const subscriptionForm: z.ZodType<PushSubscription> = z.object({
  endpoint: z
    .string()
    .max(2048, 'The maximum is 2048 characters.')
    .refine(isEndpoint, 'Must be an https URL without a user name or a fragment.'),
  // An uncompressed point of P-256 and 16 random bytes (RFC 8291 section 3.1).
  keys: z.object({ p256dh: base64url(87), auth: base64url(22) }),
});

function isEndpoint(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' && url.username === '' && url.hash === '' && !/\s/.test(text);
}
