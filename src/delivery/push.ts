// Sends messages by Web Push (RFC 8030), encrypted for the device (RFC 8291) and signed with the instance's key (RFC
// 8292). The address of the push service comes from the device, so in production only public addresses are connected to.
// Redirects are not followed and no response body is read.
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import webPush from 'web-push';
import { lookupPublic, requirePublicHost } from '../platform/public-address.ts';
import { REQUEST_SECONDS } from '../policy/device-approval.ts';
import { DeliveryError, type HandOver, type Message, type Transport } from './message.ts';
import type { PushKeyPair } from './push-key.ts';

const TIMEOUT_MS = 10_000;

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

interface Answer {
  readonly status: number;
  readonly retryAfterSeconds: number | null;
}

export function pushTransport({ key, contact, mayBePrivate, forget }: PushParts): Transport {
  const agent = new Agent(mayBePrivate ? {} : { lookup: lookupPublic });

  async function post(
    { endpoint, keys }: Recipient,
    text: string,
    { id, signal }: HandOver,
  ): Promise<Answer> {
    const { headers, body } = webPush.generateRequestDetails({ endpoint, keys }, text, {
      vapidDetails: { subject: contact, ...key },
      TTL: REQUEST_SECONDS,
      urgency: 'high',
      topic: id.replaceAll('-', ''), // a message that is sent twice is shown once
    });
    const url = new URL(endpoint);
    if (!mayBePrivate) requirePublicHost(url);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const limits = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const sending = request(url, { method: 'POST', headers, agent, signal: limits }, (response) => {
      resolve({
        status: response.statusCode ?? 0,
        retryAfterSeconds: retryAfterOf(response.headers),
      });
      response.destroy();
    });
    sending.on('error', reject);
    sending.end(body);
    return promise;
  }

  return {
    async send({ to, text }: Message, handOver: HandOver) {
      const recipient = JSON.parse(to) as Recipient;
      const answer = await post(recipient, text, handOver).catch((error: unknown) => {
        throw unsent(error);
      });
      if (answer.status >= 200 && answer.status < 300) return { providerId: null, status: null };
      if (answer.status === 404 || answer.status === 410) await forget(recipient.deviceId);
      throw refused(answer);
    },
  };
}

/** Only the code of the error, because its text may contain the address of the device. */
function unsent(error: unknown): DeliveryError {
  const { code, name } = error as { readonly code?: string; readonly name?: string };
  const isFinal = code === 'PRIVATE_ADDRESS' || code === undefined;
  const isAborted = name === 'AbortError' || name === 'TimeoutError';
  return new DeliveryError(`The push service could not be reached: ${code ?? name ?? 'no code'}.`, {
    isFinal: isFinal && !isAborted,
  });
}

/** 429 and 5xx are temporary (RFC 8030 section 8.4). Anything else would be answered the same next time. */
function refused({ status, retryAfterSeconds }: Answer): DeliveryError {
  const isFinal = status !== 429 && status < 500;
  return new DeliveryError(`The push service did not accept the message: ${status}.`, {
    isFinal,
    retryAfterSeconds: isFinal ? null : retryAfterSeconds,
  });
}

/** RFC 9110 section 10.2.3: seconds, or a date by the clock of the push service. */
function retryAfterOf({ 'retry-after': header, date }: IncomingHttpHeaders): number | null {
  if (header === undefined) return null;
  const isSeconds = /^\d{1,6}$/.test(header);
  const seconds = isSeconds ? Number(header) : (Date.parse(header) - Date.parse(date ?? '')) / 1000;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : null;
}
