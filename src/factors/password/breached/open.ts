// Opens the configured source of breached passwords. The built-in common passwords are always checked first. The
// configuration decides whether they are enough when the source is unavailable.

import { BreachedIndexError } from '../../../breached-index/index-error.ts';
import { IndexedPasswords } from '../../../breached-index/indexed-passwords.ts';
import type { BreachedPasswordSettings } from '../../../config/settings.ts';
import { type Clock, systemClock } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';
import { type Breach, type BreachedPasswords, BreachedUnavailableError } from './breached.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { CommonPasswords } from './common-passwords.ts';

/** @throws {BreachedIndexError} when the configured index is invalid or incomplete. */
export async function openBreachedPasswords(
  { source, whenUnreachable }: BreachedPasswordSettings,
  log: Log,
  clock: Clock = systemClock,
): Promise<BreachedPasswords> {
  const common = new CommonPasswords();
  const breaker = new CircuitBreaker(log, clock);
  switch (source.name) {
    case 'common':
      return common;
    case 'online': {
      const { RangeApi } = await import('./range-api.ts');
      return inTurn(common, new RangeApi(source, breaker, clock), whenUnreachable);
    }
    case 'index': {
      const index = await IndexedPasswords.open(source.path, 'The index of BREACHED_PASSWORDS');
      const asked = {
        find: (password: string) => breaker.ask(() => index.find(password).catch(unavailable)),
        close: () => index.close(),
      };
      return inTurn(common, asked, whenUnreachable);
    }
  }
}

/** The index was valid at the start, so a failure to read it later is an outage. */
function unavailable(error: unknown): never {
  if (error instanceof BreachedIndexError) throw new BreachedUnavailableError(error.message);
  throw error;
}

function inTurn(
  common: BreachedPasswords,
  chosen: BreachedPasswords,
  whenUnreachable: BreachedPasswordSettings['whenUnreachable'],
): BreachedPasswords {
  return {
    async find(password): Promise<Breach | null> {
      return (
        (await common.find(password)) ??
        (await chosen.find(password).catch((error: unknown) => {
          if (whenUnreachable === 'accept' && error instanceof BreachedUnavailableError) return null;
          throw error;
        }))
      );
    },
    close: () => chosen.close(),
  };
}
