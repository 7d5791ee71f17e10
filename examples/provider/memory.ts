// What the provider stores: everything in memory, until it stops. It is the form that node-oidc-provider asks for.
import type { Adapter, AdapterPayload } from 'oidc-provider';

const stored = new Map<string, AdapterPayload>();
/** The keys of what belongs to a grant. */
const ofGrants = new Map<string, Set<string>>();

export class Memory implements Adapter {
  readonly #kind: string;

  constructor(kind: string) {
    this.#kind = kind;
  }

  #key(id: string): string {
    return `${this.#kind}:${id}`;
  }

  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    const key = this.#key(id);
    stored.set(key, payload);
    const { grantId } = payload;
    if (grantId !== undefined) ofGrants.set(grantId, (ofGrants.get(grantId) ?? new Set()).add(key));
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return stored.get(this.#key(id));
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return [...stored].find(([key, one]) => key.startsWith(`${this.#kind}:`) && one.uid === uid)?.[1];
  }

  /** Only devices without a browser have these codes. */
  async findByUserCode(): Promise<undefined> {
    return undefined;
  }

  async consume(id: string): Promise<void> {
    const payload = stored.get(this.#key(id));
    if (payload !== undefined) payload['consumed'] = Math.floor(Date.now() / 1000);
  }

  async destroy(id: string): Promise<void> {
    stored.delete(this.#key(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const key of ofGrants.get(grantId) ?? []) stored.delete(key);
    ofGrants.delete(grantId);
  }
}
