// The devices on which a user has signed in, each known by a token that it keeps ("device cookies", OWASP; ASVS 6.1.1).
// A token opens nothing: it says that somebody signed in here before, and no more.
import type { Settlement } from '../persistence/settlement.ts';
import { digest } from '../platform/digest.ts';
import { randomId, randomToken } from '../platform/random.ts';

export interface Device {
  /** The token that it presented. */
  readonly token: string | null;
  /** The row of this user's device, when the token was known at the start of the workflow. */
  readonly knownId: string | null;
}

/** What is looked for in the table. Null for what is no token of ours: it is looked up nowhere. */
export function digestOfDevice(token: string | null): string | null {
  return token !== null && /^[\w-]{43}$/.test(token) ? digest(token) : null;
}

/**
 * @returns the token to keep: the one that was presented, so that several users may share a device, or a new one. Null
 * for a known device that did not present it again with this step: it has it.
 */
export function rememberDevice(
  settlement: Settlement,
  userId: string,
  device: Device,
  now: Date,
): string | null {
  const presented = digestOfDevice(device.token) === null ? null : device.token;
  const { knownId } = device;
  if (knownId !== null) {
    settlement.write((sql) =>
      sql.updateTable('known_device').set({ last_seen_at: now }).where('id', '=', knownId),
    );
    return presented;
  }
  const token = presented ?? randomToken();
  settlement.write((sql) =>
    sql
      .insertInto('known_device')
      .values({
        id: randomId(),
        user_id: userId,
        token_digest: digest(token),
        created_at: now,
        last_seen_at: now,
      })
      .onConflict((conflict) =>
        conflict.columns(['user_id', 'token_digest']).doUpdateSet({ last_seen_at: now }),
      ),
  );
  return token;
}
