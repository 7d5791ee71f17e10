// Known devices, identified by a token that the device keeps ("device cookies", OWASP; ASVS 6.1.1). The token grants no
// access. It only shows that the user has signed in on this device before.
import { sql as raw } from 'kysely';
import { statement } from '../persistence/statement.ts';
import type { UnitOfWork } from '../persistence/unit-of-work.ts';
import { digest } from '../platform/digest.ts';
import { randomId, randomToken } from '../platform/random.ts';

export interface Device {
  /** The token that the device presented. */
  readonly token: string | null;
  /** The id of this user's device, if the token was known at the start of the workflow. */
  readonly knownId: string | null;
  /** The digest of its token. */
  readonly knownDigest: string | null;
  /** The client, if its user has just proved a second factor on it and wants it to be remembered. */
  readonly remembered: { readonly ip: string | null; readonly userAgent: string | null } | null;
}

export interface KeptDevice {
  /** The token that the device should keep. Null if it has it already. */
  readonly token: string | null;
  /** The digest of its token. Null if the device has been forgotten meanwhile. */
  readonly digest: string | null;
}

/** The digest to look up. Null if the text is not a token. */
export function digestOfDevice(token: string | null): string | null {
  return token !== null && /^[\w-]{43}$/.test(token) ? digest(token) : null;
}

/**
 * The token stays the presented one, so that several users can share a device. A new device gets a new one.
 */
export function rememberDevice(
  unitOfWork: UnitOfWork,
  userId: string,
  device: Device,
  now: Date,
): KeptDevice {
  const presented = digestOfDevice(device.token) === null ? null : device.token;
  const { knownId } = device;
  if (knownId !== null) {
    unitOfWork.write(SEEN({ id: knownId, now, ...marks(device, now) }));
    return { token: presented, digest: device.knownDigest };
  }
  const token = presented ?? randomToken();
  unitOfWork.write(REMEMBER({ id: randomId(), userId, digest: digest(token), now, ...marks(device, now) }));
  return { token, digest: digest(token) };
}

interface Marks {
  readonly rememberedAt: Date | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

function marks({ remembered }: Device, now: Date): Marks {
  return remembered === null
    ? { rememberedAt: null, ip: null, userAgent: null }
    : { rememberedAt: now, ...remembered };
}

/** A sign-in that does not ask for it leaves a remembered browser as it is. */
function marked({ rememberedAt, ip, userAgent }: Marks) {
  const isNew = raw<boolean>`${rememberedAt}::timestamptz is not null`;
  return {
    remembered_at: raw<Date | null>`coalesce(${rememberedAt}::timestamptz, known_device.remembered_at)`,
    remembered_ip: raw<string | null>`case when ${isNew} then ${ip} else known_device.remembered_ip end`,
    remembered_user_agent: raw<
      string | null
    >`case when ${isNew} then ${userAgent} else known_device.remembered_user_agent end`,
  };
}

const SEEN = statement(
  (sql, { id, now, rememberedAt, ip, userAgent }: Marks & { readonly id: string; readonly now: Date }) =>
    sql
      .updateTable('known_device')
      .set({ last_seen_at: now, ...marked({ rememberedAt, ip, userAgent }) })
      .where('id', '=', id),
);

interface NewDevice extends Marks {
  readonly id: string;
  readonly userId: string;
  readonly digest: string;
  readonly now: Date;
}

const REMEMBER = statement(
  (sql, { id, userId, digest: tokenDigest, now, rememberedAt, ip, userAgent }: NewDevice) =>
    sql
      .insertInto('known_device')
      .values({
        id,
        user_id: userId,
        token_digest: tokenDigest,
        created_at: now,
        last_seen_at: now,
        remembered_at: rememberedAt,
        remembered_ip: ip,
        remembered_user_agent: userAgent,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['user_id', 'token_digest'])
          .doUpdateSet({ last_seen_at: now, ...marked({ rememberedAt, ip, userAgent }) }),
      ),
);
