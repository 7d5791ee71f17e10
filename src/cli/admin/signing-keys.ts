// `signing-keys list`, `signing-keys rotate`: the keys that sign access tokens. Running servers follow within a minute.

import { sqlOf } from '../../persistence/orm.ts';
import { systemClock } from '../../platform/clock.ts';
import { KeyRing } from '../../platform/key-ring.ts';
import {
  listSigningKeys,
  RotationUnderWay,
  rotateSigningKey,
  type SigningKeyTimes,
} from '../../sessions/rotate-signing-key.ts';
import { readWords } from '../arguments.ts';
import { CommandError, UsageError } from '../run-command.ts';
import { type Command, OPERATOR, oneOf } from './command.ts';

const WHAT = { list: true, rotate: true } as const;

export const signingKeys: Command = {
  usage: 'list | rotate [--at-once]',
  read(args) {
    const { words, values } = readWords(args, ['list|rotate'], { 'at-once': { type: 'boolean' } });
    const what = oneOf('What to do', WHAT, words[0]);
    const { 'at-once': atOnce = false } = values;
    if (what === 'list' && atOnce) throw new UsageError('--at-once goes with rotate.');
    return async (em, { secretKeys }) => {
      const now = systemClock.now();
      const keys =
        what === 'list'
          ? await listSigningKeys(sqlOf(em))
          : await rotateSigningKey(em, { ring: new KeyRing(secretKeys), actor: OPERATOR, atOnce, now }).catch(
              (error: unknown) => {
                throw error instanceof RotationUnderWay ? new CommandError(error.message) : error;
              },
            );
      return keys.length === 0
        ? 'There is no signing key yet. The server makes one when it starts.'
        : keys.map((key) => describe(key, now)).join('\n');
    };
  },
};

function describe({ kid, signsAt, retiredAt }: SigningKeyTimes, now: Date): string {
  const state =
    signsAt > now
      ? `published, signs from ${signsAt.toISOString()}`
      : retiredAt !== null && retiredAt <= now
        ? `retired at ${retiredAt.toISOString()}`
        : retiredAt === null
          ? 'signs'
          : `retires at ${retiredAt.toISOString()}`;
  return `${kid}  ${state}`;
}
