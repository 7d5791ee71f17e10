// SMS, handed over by Twilio's Messages API.
import twilio from 'twilio';
import type { TwilioConfig } from '../config/config.ts';
import type { Message, Transport } from './message.ts';

/** The SDK's errors hold the request with its credentials; only what may be logged leaves this file. */
export class TwilioError extends Error {
  override readonly name = 'TwilioError';
}

export function twilioTransport({ accountSid, authToken, sender }: TwilioConfig): Transport {
  const client = twilio(accountSid, authToken, { timeout: 10_000 } as never);
  return {
    async send({ to, text }: Message) {
      try {
        await client.messages.create({ to, body: text, ...sender });
      } catch (error) {
        const { status, code } = error as { status?: number; code?: number | string };
        throw new TwilioError(`Twilio refused a message: HTTP ${status ?? 'none'}, code ${code ?? 'none'}.`);
      }
    },
  };
}
