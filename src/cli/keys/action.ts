// What the subcommands of `stepgate keys` share.
import type { EntityManager } from '../../persistence/orm.ts';
import type { KeyRing } from '../../platform/key-ring.ts';

export interface KeysContext {
  readonly em: EntityManager;
  readonly ring: KeyRing;
  readonly now: Date;
  say(line: string): void;
}

/** @returns the exit code. @throws {CommandError} */
export type KeysAction = (context: KeysContext) => Promise<number>;
