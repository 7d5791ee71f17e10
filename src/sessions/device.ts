// Known devices, identified by a token that the device keeps ("device cookies", OWASP; ASVS 6.1.1). The token grants no
// access. It only shows that the user has signed in on this device before.
import { statement } from '../persistence/statement.ts';
import type { UnitOfWork } from '../persistence/unit-of-work.ts';
import { digest } from '../platform/digest.ts';
import { randomId, randomToken } from '../platform/random.ts';

export interface Device {
  /** The token that the device presented. */
  readonly token: string | null;
  /** The id of this user's device, if the token was known at the start of the workflow. */
  readonly knownId: string | null;
}

/** The digest to look up. Null if the text is not a token. */
export function digestOfDevice(token: string | null): string | null {
  return token !== null && /^[\w-]{43}$/.test(token) ? digest(token) : null;
}

/**
 * @returns the token that the device should keep: the presented one, so that several users can share a device, or a new
 * one. Null for a known device that did not present its token again in this step, because it already has it.
 */
export function rememberDevice(
  unitOfWork: UnitOfWork,
  userId: string,
  device: Device,
  now: Date,
): string | null {
  const presented = digestOfDevice(device.token) === null ? null : device.token;
  const { knownId } = device;
  if (knownId !== null) {
    unitOfWork.write(SEEN({ id: knownId, now }));
    return presented;
  }
  const token = presented ?? randomToken();
  unitOfWork.write(REMEMBER({ id: randomId(), userId, digest: digest(token), now }));
  return token;
}

const SEEN = statement((sql, { id, now }: { readonly id: string; readonly now: Date }) =>
  sql.updateTable('known_device').set({ last_seen_at: now }).where('id', '=', id),
);

interface NewDevice {
  readonly id: string;
  readonly userId: string;
  readonly digest: string;
  readonly now: Date;
}

const REMEMBER = statement((sql, { id, userId, digest: tokenDigest, now }: NewDevice) =>
  sql
    .insertInto('known_device')
    .values({ id, user_id: userId, token_digest: tokenDigest, created_at: now, last_seen_at: now })
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'token_digest']).doUpdateSet({ last_seen_at: now }),
    ),
);
