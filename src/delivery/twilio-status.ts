// What Twilio reports of a message that it has taken: a form that it posts to us and signs. Nothing else than its
// signature says that it is from Twilio.
import twilio from 'twilio';
import type { DeliveryStatus } from '../persistence/entities/outbox-message.ts';
import type { StatusReport } from './outbox.ts';

export const TWILIO_STATUS_PATH = '/webhooks/twilio/status';

/** @param origin of ours, as Twilio reaches it. @param id of the message, in the outbox. */
export function twilioStatusUrl(origin: string, id: string): string {
  return `${origin}${TWILIO_STATUS_PATH}?message=${id}`;
}

/** Its words for ours. Null for one that says nothing about delivery. */
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
  /** Path and query, as they were asked for. */
  readonly target: string;
  /** The header X-Twilio-Signature. */
  readonly signature: string;
  readonly form: URLSearchParams;
}

export type StatusReading =
  | { readonly outcome: 'forged' }
  /** Twilio's, and of no use to us. */
  | { readonly outcome: 'ignored' }
  | { readonly outcome: 'report'; readonly report: StatusReport };

/**
 * @param origin of ours as we configured it, never the Host header: a signature over another address counts for
 *   nothing here.
 */
export function readTwilioStatus(
  { target, signature, form }: StatusRequest,
  { authToken, origin }: { readonly authToken: string; readonly origin: string },
): StatusReading {
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
