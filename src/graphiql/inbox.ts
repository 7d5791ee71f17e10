// The development inbox: the messages that would be sent in production, newest first.
import { Observable } from './observable.ts';

export interface InboxMessage {
  readonly id: string;
  readonly channel: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly sentAt: string;
}

const READ_EVERY_MILLISECONDS = 2000;

export class Inbox extends Observable<readonly InboxMessage[]> {
  readonly #url: string;

  constructor(url: string) {
    super([]);
    this.#url = url;
  }

  /** Reads the messages until it is stopped. @returns a function that stops it. */
  readonly follow = (): (() => void) => {
    void this.#read();
    const reading = setInterval(() => void this.#read(), READ_EVERY_MILLISECONDS);
    return () => clearInterval(reading);
  };

  async #read(): Promise<void> {
    const response = await fetch(this.#url).catch(() => null); // the next reading may succeed
    if (response?.ok) this.become(await response.json());
  }
}

/** A text, cut where its codes are. Every other part is a code. */
export function partsOf(text: string): string[] {
  return text.split(/\b(\d{6})\b/);
}

/** The variables of an operation with the code of a message as their proof. */
export function withCode(
  variables: Readonly<Record<string, unknown>>,
  channel: string,
  code: string,
): object {
  return { ...variables, proof: proofOf(channel, code) };
}

export function proofOf(channel: string, code: string): { emailCode: string } | { phoneCode: string } {
  return channel.toLowerCase() === 'email' ? { emailCode: code } : { phoneCode: code };
}
