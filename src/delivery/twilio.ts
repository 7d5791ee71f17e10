// Sends text messages through Twilio's Messages API, or codes through its Verify API. With Verify, Twilio writes the text,
// but this server still checks the code.
import twilio from 'twilio';
import type { TwilioConfig } from '../config/twilio.ts';
import { type Outgoing, OutgoingError, outgoing } from '../platform/outgoing.ts';
import { DeliveryError, type HandOver, type Message, type Receipt, type Transport } from './message.ts';
import { statusOf, twilioStatusUrl } from './twilio-status.ts';

/** Twilio's own. */
const API = { url: null, mayBeInsecure: false, mayBePrivate: false };

/** Twilio's status for a message that it will never accept: for example, the number is invalid or unsubscribed. */
const BAD_REQUEST = 400;

const LONGEST_ID = 64;

export function twilioTransport(config: TwilioConfig, timeoutSeconds?: number): Transport {
  const { accountSid, authToken, sender, verifyServiceSid, api, callbackOrigin } = config;
  const { url, ...terms } = api ?? API;
  const guarded = outgoing({ ...terms, ...(timeoutSeconds && { timeoutSeconds }) });
  const client = twilio(accountSid, authToken, { httpClient: new GuardedClient(url, guarded) });

  async function create({ to, text, code }: Message, id: string): Promise<Receipt> {
    if (code !== null && verifyServiceSid !== null) {
      const verifications = client.verify.v2.services(verifyServiceSid).verifications;
      return receiptOf(await verifications.create({ to, channel: 'sms', customCode: code }));
    }
    if (sender === null) {
      throw new DeliveryError(
        'Twilio Verify can only send codes. To send other texts, set TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID.',
        { isFinal: true },
      );
    }
    const callback = callbackOrigin === null ? {} : { statusCallback: twilioStatusUrl(callbackOrigin, id) };
    return receiptOf(await client.messages.create({ to, body: text, ...sender, ...callback }));
  }

  return {
    async send(message: Message, { id, signal }: HandOver) {
      try {
        return await Promise.race([create(message, id), rejectWhen(signal)]);
      } catch (error) {
        throw error instanceof DeliveryError ? error : deliveryError(error);
      }
    },
  };
}

/** The SDK brings an HTTP client of its own. This one is ours, and sends every request to one origin. */
class GuardedClient extends twilio.RequestClient {
  readonly #origin: string | null;
  readonly #send: Outgoing;

  constructor(origin: string | null, send: Outgoing) {
    super();
    this.#origin = origin;
    this.#send = send;
  }

  override async request(options: Parameters<twilio.RequestClient['request']>[0]): Promise<never> {
    const { method, uri, username = '', password = '', headers = {}, data } = options;
    const { origin, pathname, search } = new URL(uri);
    const answer = await this.#send(`${this.#origin ?? origin}${pathname}${search}`, {
      method,
      headers: { ...(headers as Record<string, string>), authorization: basic(username, password) },
      body: new URLSearchParams(data as Record<string, string>),
    });
    const body = await answer.text(); // the SDK parses it
    return { statusCode: answer.status, body, headers: Object.fromEntries(answer.headers) } as never;
  }
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** The SDK cannot abort a request. A started request continues until it finishes or times out. */
function rejectWhen(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = (): void =>
      reject(
        new DeliveryError(
          'The request to Twilio was aborted because it took too long or the server is stopping.',
          { isFinal: false },
        ),
      );
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

function receiptOf({ sid, status }: { readonly sid?: unknown; readonly status?: unknown }): Receipt {
  return {
    providerId: typeof sid === 'string' ? sid.slice(0, LONGEST_ID) : null,
    status: statusOf(status),
  };
}

/** The error of a failed request contains the whole request and its credentials, so only codes are taken from it. */
function deliveryError(error: unknown): DeliveryError {
  const { status, code } = error as { status?: unknown; code?: unknown };
  const answer = typeof status === 'number' ? `HTTP ${status}` : 'no response';
  const isCode = typeof code === 'number' || error instanceof OutgoingError;
  const reason = isCode ? `, code ${String(code)}` : '';
  return new DeliveryError(`Twilio did not accept the message: ${answer}${reason}.`, {
    isFinal: status === BAD_REQUEST,
  });
}
