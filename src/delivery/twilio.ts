// Sends text messages through Twilio's Messages API, or codes through its Verify API. With Verify, Twilio writes the text,
// but this server still checks the code.
import twilio from 'twilio';
import type { TwilioConfig } from '../config/twilio.ts';
import { DeliveryError, type HandOver, type Message, type Receipt, type Transport } from './message.ts';
import { statusOf, twilioStatusUrl } from './twilio-status.ts';

const TIMEOUT_MS = 10_000;

/** Twilio's status for a message that it will never accept: for example, the number is invalid or unsubscribed. */
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

/** Sends every request to one origin, because the SDK has no option for a base URL. */
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
  const isCode = typeof code === 'number' || (typeof code === 'string' && /^E[A-Z_]+$/.test(code));
  const reason = isCode ? `, code ${code}` : '';
  return new DeliveryError(`Twilio did not accept the message: ${answer}${reason}.`, {
    isFinal: status === BAD_REQUEST,
  });
}
