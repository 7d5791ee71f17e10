// What the subcommands of `stepgate keys` share.
import type { EntityManager } from '../../persistence/orm.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import type { Cli, ExitCode } from '../run-command.ts';

export interface KeysContext extends Pick<Cli, 'say' | 'print'> {
  readonly em: EntityManager;
  readonly ring: KeyRing;
  readonly now: Date;
}

/** @returns the exit code. @throws {RefusedError} */
export type KeysAction = (context: KeysContext) => Promise<ExitCode>;
