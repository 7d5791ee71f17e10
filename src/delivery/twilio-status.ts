// Twilio's delivery reports: signed forms that it posts to this server. Only the signature proves that a report comes
// from Twilio.
import type { DeliveryStatus } from '../persistence/entities/outbox-message.ts';
import type { StatusReport } from './outbox.ts';

export const TWILIO_STATUS_PATH = '/webhooks/twilio/status';

/** @param origin this server's origin, as Twilio reaches it. @param id the id of the message in the outbox. */
export function twilioStatusUrl(origin: string, id: string): string {
  return `${origin}${TWILIO_STATUS_PATH}?message=${id}`;
}

/** Converts Twilio's status to ours. Null for a status that says nothing about delivery. */
export function statusOf(word: unknown): DeliveryStatus | null {
  return typeof word === 'string' && Object.hasOwn(STATUSES, word) ? (STATUSES[word] ?? null) : null;
}

const STATUSES: Readonly<Record<string, DeliveryStatus>> = {
  accepted: 'queued',
  scheduled: 'queued',
  queued: 'queued',
  sending: 'queued',
  sent: 'sent',
  delivered: 'delivered',
  read: 'delivered',
  undelivered: 'undelivered',
  failed: 'failed',
  canceled: 'failed',
};

export interface StatusRequest {
  /** The path and query of the request, unchanged. */
  readonly target: string;
  /** The value of the header X-Twilio-Signature. */
  readonly signature: string;
  readonly form: URLSearchParams;
}

export type StatusReading =
  | { readonly outcome: 'forged' }
  /** From Twilio, but not about the delivery of one of our messages. */
  | { readonly outcome: 'ignored' }
  | { readonly outcome: 'report'; readonly report: StatusReport };

/**
 * @param origin the configured origin of this server, never the Host header: a signature for another URL must not be
 *   accepted.
 */
export async function readTwilioStatus(
  { target, signature, form }: StatusRequest,
  { authToken, origin }: { readonly authToken: string; readonly origin: string },
): Promise<StatusReading> {
  const { default: twilio } = await import('twilio'); // loaded only where Twilio is configured
  const pairs = Map.groupBy(form, ([name]) => name);
  const fields = Object.fromEntries(
    [...pairs].map(([name, values]) => [name, values.map(([, value]) => value)]),
  );
  if (!twilio.validateRequest(authToken, signature, `${origin}${target}`, fields))
    return { outcome: 'forged' };
  const messageId = new URL(target, origin).searchParams.get('message') ?? '';
  const status = statusOf(form.get('MessageStatus'));
  if (status === null || !UUID.test(messageId)) return { outcome: 'ignored' };
  const providerId = form.get('MessageSid');
  const errorCode = form.get('ErrorCode') ?? '';
  return {
    outcome: 'report',
    report: {
      messageId,
      providerId: providerId !== null && SID.test(providerId) ? providerId : null,
      status,
      errorCode: /^\d{1,9}$/.test(errorCode) ? Number(errorCode) : null,
    },
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SID = /^[\w-]{1,64}$/;
