// A message to one person, and what is asked of whoever hands it over.
import type { DeliveryStatus } from '../persistence/entities/outbox-message.ts';

export type Channel = 'email' | 'sms';

export interface Message {
  readonly channel: Channel;
  readonly to: string;
  /** Empty for an SMS. */
  readonly subject: string;
  readonly text: string;
  /** The same for mail programs that show HTML; null for an SMS. */
  readonly html: string | null;
  /** The code that the text holds, for a service that sends codes in texts of its own. */
  readonly code: string | null;
  /** It is written to nobody: made and stored with the same work as any other, and never handed over. */
  readonly isDecoy?: true;
}

export interface HandOver {
  /**
   * The message's own, the same at every try: a receiver that is given a message twice can tell by it, and a provider
   * says by it what became of the message.
   */
  readonly id: string;
  /** Aborts when the server stops: the message waits for the next one. */
  readonly signal: AbortSignal;
}

/** What the other side says when it takes a message. */
export interface Receipt {
  readonly providerId: string | null;
  readonly status: DeliveryStatus | null;
}

/** Hands messages over to the outside. */
export interface Transport {
  /** Resolves when the other side has taken the message. @throws {DeliveryError} */
  send(message: Message, handOver: HandOver): Promise<Receipt>;
}

/** The transports that are configured. A channel without one leaves its messages in the development inbox. */
export type Transports = Readonly<Partial<Record<Channel, Transport>>>;

/**
 * A message was not taken. What an SDK throws may hold the recipient, the text and the credentials; this error is all
 * that leaves a transport, because it is logged and stored with the job: it says who answered what, in codes.
 */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  /** This message will never be taken, however often it is tried. */
  readonly isFinal: boolean;

  constructor(message: string, { isFinal }: { readonly isFinal: boolean }) {
    super(message);
    this.isFinal = isFinal;
  }
}
