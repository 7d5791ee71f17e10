// How the matrix proves each factor of the registry, and what the proof is worth. The worth is stated here by hand: it is
// part of the oracle, which shares no code with the policy.

import type { ApprovingDevice } from '../../../src/cli/demo/approving-device.ts';
import { FACTORS } from '../../../src/factors/registry.ts';
import { visit } from '../../factors/oauth/visits.ts';
import { PASSWORD, type TestClient } from '../../harness/client.ts';
import { approveOn } from '../../harness/device-owner.ts';

/** What a proof is made from. */
export interface Provable {
  readonly client: TestClient;
  /** Where a message was sent. */
  readonly to: string;
  /** The secret of the authenticator app. */
  readonly secret: string;
  readonly backupCodes: readonly string[];
  /** The answer of the passkey to the challenge of this workflow. */
  answer(): Promise<object>;
  /** The device that approves, and the workflow that asks it. */
  readonly device?: ApprovingDevice | null;
  readonly id?: string;
  readonly token?: string | undefined;
  /** Makes the identity provider take the person for the one at the browser. */
  readonly signInAtProvider?: () => void;
}

interface Way {
  /** Whether it can start a sign-in. */
  readonly isFirst: boolean;
  readonly needsPreparing: boolean;
  /** A phone number that only identifies its user is worth nothing. */
  readonly worth: 'KNOWLEDGE' | 'POSSESSION';
  /** A proof of the right form. */
  readonly guess: object;
  prove(provable: Provable): Promise<object> | object;
}

const FIRST_STEP = { isFirst: true, needsPreparing: true } as const;
const SECOND_STEP = { isFirst: false, needsPreparing: false, worth: 'POSSESSION' } as const;

const WAYS = {
  PASSWORD: {
    isFirst: true,
    needsPreparing: false,
    worth: 'KNOWLEDGE',
    guess: { password: PASSWORD },
    prove: () => ({ password: PASSWORD }),
  },
  EMAIL_CODE: {
    ...FIRST_STEP,
    worth: 'KNOWLEDGE',
    guess: { emailCode: '000000' },
    prove: async ({ client, to }) => ({ emailCode: await client.codeFor(to) }),
  },
  EMAIL_LINK: {
    ...FIRST_STEP,
    worth: 'KNOWLEDGE',
    guess: { linkToken: 'A'.repeat(43) },
    prove: async ({ client, to }) => ({ linkToken: await client.linkFor(to) }),
  },
  PHONE_CODE: {
    ...FIRST_STEP,
    worth: 'POSSESSION',
    guess: { phoneCode: '000000' },
    prove: async ({ client, to }) => ({ phoneCode: await client.codeFor(to) }),
  },
  PHONE_LINK: {
    ...FIRST_STEP,
    worth: 'POSSESSION',
    guess: { linkToken: 'A'.repeat(43) },
    async prove({ client, to }) {
      await client.approve(await client.linkFor(to));
      return { linkApproved: true };
    },
  },
  TOTP: {
    ...SECOND_STEP,
    guess: { totp: '000000' },
    prove: ({ client, secret }) => ({ totp: client.totp(secret) }),
  },
  BACKUP_CODE: {
    ...SECOND_STEP,
    guess: { backupCode: 'WRONG' },
    prove: ({ backupCodes }) => ({ backupCode: backupCodes[0] }),
  },
  // It can start a sign-in as well, which has its own cells. It verifies nobody, so it proves one category.
  PASSKEY: {
    ...SECOND_STEP,
    needsPreparing: true,
    guess: {
      passkey: {
        id: 'AAAA',
        rawId: 'AAAA',
        type: 'public-key',
        response: { clientDataJSON: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA' },
      },
    },
    prove: ({ answer }) => answer(),
  },
  // Every request carries the same certificate. It can start a sign-in as well, see BEGINNINGS.
  CERTIFICATE: {
    ...SECOND_STEP,
    guess: { certificate: true },
    prove: () => ({ certificate: true }),
  },
  // It can start a sign-in as well, see BEGINNINGS. Its proof prepares it.
  OAUTH: {
    isFirst: false,
    needsPreparing: false,
    worth: 'KNOWLEDGE',
    guess: { oauth: { providerId: 'work', code: 'code', state: 'state' } },
    async prove({ client, id = '', token, signInAtProvider }) {
      signInAtProvider?.();
      return { oauth: (await visit(client, id, 'work', { token })).proof };
    },
  },
  DEVICE_APPROVAL: {
    ...SECOND_STEP,
    needsPreparing: true,
    guess: { deviceApproval: true },
    async prove({ client, device, id, token }) {
      if (device && id !== undefined) await approveOn(device, client, id, token);
      return { deviceApproval: true };
    },
  },
} as const satisfies Readonly<Record<string, Way>>;

export type Means = keyof typeof WAYS;
export type First = { [One in Means]: (typeof WAYS)[One]['isFirst'] extends true ? One : never }[Means];

/** @throws when the matrix cannot prove one of them. */
export function meansOf(kinds: readonly string[]): readonly Means[] {
  const missing = kinds.filter((kind) => !(kind in WAYS));
  if (missing.length > 0)
    throw new Error(
      `The matrix cannot prove ${missing.join(', ')}. Say how in WAYS in test/workflows/matrix/means.ts, and let a user in people.ts enroll it.`,
    );
  return kinds as readonly Means[];
}

export const MEANS = meansOf(FACTORS.map(({ kind }) => kind));

export function wayOf(means: Means): Way {
  return WAYS[means];
}

/** The factors that can start a sign-in. */
export const FIRST: readonly First[] = MEANS.filter((means) => wayOf(means).isFirst) as First[];
