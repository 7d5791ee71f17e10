// Sends messages by Web Push (RFC 8030), encrypted for the device (RFC 8291) and signed with the instance's key (RFC
// 8292). The address of the push service comes from the device, so in production only public addresses are connected to.
// Redirects are not followed and no response body is read.
import webPush from 'web-push';
import { OutgoingError, outgoing } from '../platform/outgoing.ts';
import { REQUEST_SECONDS } from '../policy/device-approval.ts';
import { DeliveryError, type HandOver, type Message, type Transport } from './message.ts';
import type { PushKeyPair } from './push-key.ts';

export interface PushParts {
  readonly key: PushKeyPair;
  /** How push services can reach the operator: a `mailto:` URL. */
  readonly contact: string;
  /** For development and tests: push services on this machine or in its network. */
  readonly mayBePrivate: boolean;
  /** Called when the push service does not know the subscription any more. */
  forget(deviceId: string): Promise<void>;
}

/** The recipient of a push message. */
interface Recipient {
  readonly deviceId: string;
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

export function pushTransport({ key, contact, mayBePrivate, forget }: PushParts): Transport {
  const request = outgoing({ mayBeInsecure: false, mayBePrivate, mostBytes: null });

  async function post(
    { endpoint, keys }: Recipient,
    text: string,
    { id, signal }: HandOver,
  ): Promise<Response> {
    const { headers, body } = webPush.generateRequestDetails({ endpoint, keys }, text, {
      vapidDetails: { subject: contact, ...key },
      TTL: REQUEST_SECONDS,
      urgency: 'high',
      topic: id.replaceAll('-', ''), // a message that is sent twice is shown once
    });
    return request(endpoint, { method: 'POST', headers: textOf(headers), body, signal });
  }

  return {
    async send({ to, text }: Message, handOver: HandOver) {
      const recipient = JSON.parse(to) as Recipient;
      const answer = await post(recipient, text, handOver).catch((error: unknown) => {
        throw unsent(error);
      });
      if (answer.ok) return { providerId: null, status: null };
      if (answer.status === 404 || answer.status === 410) await forget(recipient.deviceId);
      throw refused(answer);
    },
  };
}

/** `TTL` is a number, and would not be sent as one. */
function textOf(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** The subscription itself is at fault: no other try would be different. */
const FINAL_CODES = ['PRIVATE_ADDRESS', 'INSECURE'];

/** Only the code of the error, because its text may contain the address of the device. */
function unsent(error: unknown): DeliveryError {
  const code = error instanceof OutgoingError ? error.code : null;
  return new DeliveryError(`The push service could not be reached: ${code ?? 'no code'}.`, {
    isFinal: code === null || FINAL_CODES.includes(code),
  });
}

/** 429 and 5xx are temporary (RFC 8030 section 8.4). Anything else would be answered the same next time. */
function refused({ status, headers }: Response): DeliveryError {
  const isFinal = status !== 429 && status < 500;
  return new DeliveryError(`The push service did not accept the message: ${status}.`, {
    isFinal,
    retryAfterSeconds: isFinal ? null : retryAfterOf(headers),
  });
}

/** RFC 9110 section 10.2.3: seconds, or a date by the clock of the push service. */
function retryAfterOf(headers: Headers): number | null {
  const header = headers.get('retry-after');
  if (header === null) return null;
  const isSeconds = /^\d{1,6}$/.test(header);
  const seconds = isSeconds
    ? Number(header)
    : (Date.parse(header) - Date.parse(headers.get('date') ?? '')) / 1000;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : null;
}
