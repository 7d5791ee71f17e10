// Payments wait for the user, on another device. A tool call must not hang for so long: MCP clients give up after a minute by
// default. So a payment goes on by itself, and a call returns what is known of it.
import { randomUUID } from 'node:crypto';
import { type End, problemOf, run, type Settings } from './customers.js';

const PAY =
  'mutation Pay($customerId: ID!, $amount: Int!) { pay(customerId: $customerId, amount: $amount) { id } }';

export type State =
  | { readonly state: 'STARTING' }
  | { readonly state: 'WAITING'; readonly approves: string }
  | { readonly state: 'PAID'; readonly paymentId: string }
  | { readonly state: 'REJECTED' }
  | { readonly state: 'EXPIRED' }
  | { readonly state: 'FAILED'; readonly problem: string };

const ENDS: Readonly<Partial<Record<End, State>>> = {
  FAILED: { state: 'REJECTED' },
  EXPIRED: { state: 'EXPIRED' },
};

class Payment {
  state: State = { state: 'STARTING' };
  #changed: () => void = () => {};
  #change = new Promise<void>((resolve) => (this.#changed = resolve));

  become(state: State): void {
    this.state = state;
    this.#changed();
    this.#change = new Promise((resolve) => (this.#changed = resolve));
  }

  /** Resolves when the state changes, or after this time. */
  async change(milliseconds: number): Promise<void> {
    await Promise.race([this.#change, new Promise((resolve) => setTimeout(resolve, milliseconds).unref())]);
  }
}

export class Payments {
  readonly #settings: Settings;
  readonly #byId = new Map<string, Payment>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Starts a payment. @returns its id here, once the user is asked or it is over. */
  async start(customerId: string, amount: number): Promise<string> {
    const id = randomUUID();
    const payment = new Payment();
    this.#byId.set(id, payment);
    void this.#pay(payment, customerId, amount).catch((error: unknown) =>
      payment.become({ state: 'FAILED', problem: error instanceof Error ? error.message : 'No response.' }),
    );
    while (payment.state.state === 'STARTING') await payment.change(1000);
    return id;
  }

  /** @returns its state, at the latest after this time. Null if there is no such payment. */
  async state(id: string, milliseconds: number): Promise<State | null> {
    const payment = this.#byId.get(id);
    if (payment?.state.state === 'WAITING') await payment.change(milliseconds);
    return payment?.state ?? null;
  }

  async #pay(payment: Payment, customerId: string, amount: number): Promise<void> {
    let end: End | null = null;
    const answer = await run(
      this.#settings,
      PAY,
      { customerId, amount },
      {
        onAsked: (approves) => payment.become({ state: 'WAITING', approves: approves ?? 'a payment' }),
        onAnswered: (answered) => (end = answered),
      },
    );
    const problem = problemOf(answer);
    const paid = answer.data?.['pay'] as { readonly id: string } | null | undefined;
    if (end !== null && ENDS[end] !== undefined) payment.become(ENDS[end]);
    else if (problem !== null) payment.become({ state: 'FAILED', problem });
    else if (paid == null) payment.become({ state: 'FAILED', problem: 'There is no such customer.' });
    else payment.become({ state: 'PAID', paymentId: paid.id });
  }
}
