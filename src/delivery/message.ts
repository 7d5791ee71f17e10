// A message to one person.

export type Channel = 'email' | 'sms';

export interface Message {
  readonly channel: Channel;
  readonly to: string;
  /** Empty for an SMS. */
  readonly subject: string;
  readonly text: string;
}

/** Hands messages over to the outside. Throws when that failed and may be tried again. */
export interface Transport {
  send(message: Message): Promise<void>;
}

/** The transports that are configured. A channel without one leaves its messages in the development inbox. */
export type Transports = Readonly<Partial<Record<Channel, Transport>>>;
