// A message to one person, and the interface of the transports that deliver it.
import type { DeliveryStatus } from '../persistence/entities/outbox-message.ts';

export type Channel = 'email' | 'sms' | 'push';

export interface Message {
  readonly channel: Channel;
  /** An address or a number. For a push message, the subscription of the device as JSON. */
  readonly to: string;
  /** Empty except in mail. */
  readonly subject: string;
  readonly text: string;
  /** The text as HTML. Null except in mail. */
  readonly html: string | null;
  /** The code in the text, for services that send codes in their own texts. */
  readonly code: string | null;
  /** A decoy is composed and stored with the same effort as a real message, but never delivered. */
  readonly isDecoy?: true;
}

export interface HandOver {
  /**
   * The id of the message, the same for every try. A recipient can recognize duplicates by it, and a provider uses it to
   * report the status of the message.
   */
  readonly id: string;
  /** Aborts when the server stops. The message then waits for the next server. */
  readonly signal: AbortSignal;
}

/** What the provider returns when it accepts a message. */
export interface Receipt {
  readonly providerId: string | null;
  readonly status: DeliveryStatus | null;
}

/** Delivers messages to a provider. */
export interface Transport {
  /** Resolves when the provider has accepted the message. @throws {DeliveryError} */
  send(message: Message, handOver: HandOver): Promise<Receipt>;
}

/** The configured transports. Messages on a channel without one stay in the development inbox. */
export type Transports = Readonly<Partial<Record<Channel, Transport>>>;

/**
 * A message was not accepted. Errors of an SDK may contain the recipient, the text and the credentials, so a transport
 * throws only this error, which is logged and stored with the job. It names the provider and the codes it returned.
 */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  /** Whether the provider will never accept this message, so that retrying is pointless. */
  readonly isFinal: boolean;
  /** When the provider wants the next try. Null if it did not say. */
  readonly retryAfterSeconds: number | null;

  constructor(
    message: string,
    {
      isFinal,
      retryAfterSeconds = null,
    }: { readonly isFinal: boolean; readonly retryAfterSeconds?: number | null },
  ) {
    super(message);
    this.isFinal = isFinal;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
