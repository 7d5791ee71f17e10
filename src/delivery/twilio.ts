// SMS, handed over by Twilio's Messages API.
import twilio from 'twilio';
import type { TwilioConfig } from '../config/config.ts';
import { DeliveryError, type Message, type Transport } from './message.ts';

const TIMEOUT_MS = 10_000;

/** What Twilio says of a message that it will never take: a number that is none, one that unsubscribed. */
const BAD_REQUEST = 400;

/** @param httpClient carries the requests, instead of the SDK's own. */
export function twilioTransport(
  { accountSid, authToken, sender }: TwilioConfig,
  httpClient?: twilio.RequestClient,
): Transport {
  const client = twilio(accountSid, authToken, {
    timeout: TIMEOUT_MS,
    ...(httpClient === undefined ? {} : { httpClient }),
  });
  return {
    async send({ to, text }: Message) {
      try {
        await client.messages.create({ to, body: text, ...sender });
      } catch (error) {
        throw deliveryError(error);
      }
    },
  };
}

/** A failed request's error holds the whole request, with its credentials: only codes are taken from it. */
function deliveryError(error: unknown): DeliveryError {
  const { status, code } = error as { status?: unknown; code?: unknown };
  const answer = typeof status === 'number' ? `HTTP ${status}` : 'no answer';
  const isCode = typeof code === 'number' || (typeof code === 'string' && /^E[A-Z_]+$/.test(code));
  const reason = isCode ? `, code ${code}` : '';
  return new DeliveryError(`Twilio did not take a message: ${answer}${reason}.`, {
    isFinal: status === BAD_REQUEST,
  });
}
