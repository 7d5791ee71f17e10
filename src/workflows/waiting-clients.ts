// The clients that wait for a workflow on this node, counted for each workflow, host and network, and altogether. There
// is no memory for a workflow that nobody waits for.
import type { WorkflowChanges } from '../persistence/workflow-changes.ts';
import { hostOf, networkOf } from '../platform/ip-address.ts';
import { WAITING_LIMITS } from '../policy/waiting-limits.ts';
import type { Client } from '../sessions/grants.ts';
import { TooManyWaiting } from './errors.ts';

/** Wakes one client. */
export class Alarm {
  #isRung = false;
  #stop: (() => void) | null = null;

  ring(): void {
    this.#isRung = true;
    this.#stop?.();
  }

  /** Returns when it rings, or has rung since the last call, or after this time. */
  async sleep(milliseconds: number): Promise<void> {
    if (!this.#isRung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#stop = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#stop = null;
    this.#isRung = false;
  }
}

export class WaitingClients {
  readonly #changes: WorkflowChanges;
  readonly #counts = new Map<string, number>();
  readonly #alarms = new Set<Alarm>();
  #isEnding = false;

  constructor(changes: WorkflowChanges) {
    this.#changes = changes;
  }

  /** Whether the server shuts down. A client then gets the current state, and waits at another node. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /**
   * Rings the alarm when the workflow may have changed, until the returned function is called.
   * @param id the stored id of the workflow.
   * @throws {TooManyWaiting}
   */
  add(id: string, { ip }: Client, alarm: Alarm): () => void {
    const { perWorkflow, perHost, perNetwork, perNode } = WAITING_LIMITS;
    const limits = new Map<string, number>([
      [id, perWorkflow],
      [`host ${(ip && hostOf(ip)) ?? 'unknown'}`, perHost],
      [`network ${(ip && networkOf(ip)) ?? 'unknown'}`, perNetwork],
      ['node', perNode],
    ]);
    for (const [key, limit] of limits) if (this.#count(key) >= limit) throw new TooManyWaiting();
    for (const key of limits.keys()) this.#counts.set(key, this.#count(key) + 1);
    this.#alarms.add(alarm);
    const unwatch = this.#changes.watch(id, () => alarm.ring());
    return () => {
      if (!this.#alarms.delete(alarm)) return;
      unwatch();
      for (const key of limits.keys()) {
        const others = this.#count(key) - 1;
        if (others > 0) this.#counts.set(key, others);
        else this.#counts.delete(key);
      }
    };
  }

  /** Ends all waiting: each client gets the end of its stream. */
  end(): void {
    this.#isEnding = true;
    for (const alarm of this.#alarms) alarm.ring();
  }

  #count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }
}
