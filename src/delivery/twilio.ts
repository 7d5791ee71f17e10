// SMS, handed over by Twilio's Messages API, or a code by its Verify API: then Twilio words the text, and we still check
// the code.
import twilio from 'twilio';
import type { TwilioConfig } from '../config/twilio.ts';
import { DeliveryError, type HandOver, type Message, type Receipt, type Transport } from './message.ts';
import { statusOf, twilioStatusUrl } from './twilio-status.ts';

const TIMEOUT_MS = 10_000;

/** What Twilio says of a message that it will never take: a number that is none, one that unsubscribed. */
const BAD_REQUEST = 400;

const LONGEST_ID = 64;

export function twilioTransport(config: TwilioConfig, timeoutMs = TIMEOUT_MS): Transport {
  const { accountSid, authToken, sender, verifyServiceSid, apiUrl, callbackOrigin } = config;
  const client = twilio(accountSid, authToken, { httpClient: new OriginClient(apiUrl, timeoutMs) });

  async function create({ to, text, code }: Message, id: string): Promise<Receipt> {
    if (code !== null && verifyServiceSid !== null) {
      const verifications = client.verify.v2.services(verifyServiceSid).verifications;
      return receiptOf(await verifications.create({ to, channel: 'sms', customCode: code }));
    }
    if (sender === null) {
      throw new DeliveryError(
        'Twilio Verify sends codes only. Set TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID for other texts.',
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

/** The SDK has no base URL: this client of it sends every request to one origin. */
class OriginClient extends twilio.RequestClient {
  readonly #origin: string | null;

  constructor(origin: string | null, timeout: number) {
    super({ timeout });
    this.#origin = origin;
  }

  override request<Data>(options: Parameters<twilio.RequestClient['request']>[0]) {
    const { pathname, search } = new URL(options.uri);
    const uri = this.#origin === null ? options.uri : `${this.#origin}${pathname}${search}`;
    return super.request<Data>({ ...options, uri } as never);
  }
}

/** The SDK knows no signal. What it began goes on, and ends by its own time-out. */
function rejectWhen(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = (): void =>
      reject(new DeliveryError('Twilio was not waited for any longer.', { isFinal: false }));
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
