// How the replay test makes the right proof of each factor of the registry, for one workflow: a row for each factor, and
// in it one for each field of `ProofInput` that carries a proof of it.
import { ApprovingDevice } from '../../../src/cli/demo/approving-device.ts';
import { SoftwareAuthenticator } from '../../../src/cli/demo/software-authenticator.ts';
import { visit } from '../../factors/oauth/visits.ts';
import type { Step } from '../../harness/client.ts';
import { creationOf, requestOf } from '../../harness/passkeys.ts';
import { ORIGIN, type Person } from './people.ts';
import type { Place, Workflow } from './places.ts';

/**
 * What a right proof is made for. CHALLENGE: only the workflow that asked for it. USER: every workflow of its user, once.
 * Nothing more can be meant by a replay, because the client makes it before any workflow asks. LASTING: every workflow of
 * its user, any number of times: a password, and a certificate that the connection itself proves. What such a proof
 * achieved in one workflow must still count in that one only.
 */
export type Scope = 'CHALLENGE' | 'USER' | 'LASTING';

export interface Way {
  readonly scope: Scope;
  /** Whether the person who proves it has second factors. */
  readonly hasSecond: boolean;
  /** The workflows that offer it to that person. */
  readonly offeredIn: readonly Workflow[];
  /** What a workflow that takes such proofs answers to one that is not its own. */
  readonly refusal: string;
  /** Has the challenge sent. @returns what makes the proof: what the user does, and what the client then sends. */
  ask(place: Place): Promise<() => Promise<object>>;
}

const IN_SESSION = ['enrollment', 'step-up', 'bound step-up'] as const;
const BY_MAIL = ['sign-up', 'sign-in', 'password reset', ...IN_SESSION] as const;
const SECOND_STEP = ['sign-in', 'password reset', ...IN_SESSION] as const;
const ALSO_NEW = [...SECOND_STEP, 'enrollment, of the new factor'] as const;

const MAILED = {
  scope: 'CHALLENGE',
  hasSecond: false,
  offeredIn: BY_MAIL,
  refusal: 'PROOF_REJECTED',
} as const;
const LINKED_NUMBER = { ...MAILED, offeredIn: ['sign-in', 'password reset'] } as const;
const SECOND = { hasSecond: true, offeredIn: SECOND_STEP, refusal: 'PROOF_REJECTED' } as const;

async function prepare({ person, step, token, to, workflow }: Place, factor: string): Promise<Step> {
  const authenticatorId = step.factors.find((one) => one.factor === factor)?.authenticatorId ?? undefined;
  const prepared = await person.client.prepare(step.id, factor, token, authenticatorId);
  if (prepared.challenge?.factor !== factor)
    throw new Error(`The ${workflow} sent no ${factor} to ${to}: ${prepared.code}.`);
  return prepared;
}

async function codeOf(place: Place, factor: string): Promise<string> {
  // A sign-up has sent its first code by itself.
  if (place.workflow !== 'sign-up') await prepare(place, factor);
  return place.person.client.codeFor(place.to);
}

async function linkOf(place: Place, factor: string): Promise<string> {
  await prepare(place, factor);
  return place.person.client.linkFor(place.to);
}

const byToken = (factor: string) => async (place: Place) => {
  const linkToken = await linkOf(place, factor);
  return async () => ({ linkToken });
};
const byApproval = (factor: string) => async (place: Place) => {
  const link = await linkOf(place, factor);
  return async () => {
    await place.person.client.approve(link);
    return { linkApproved: true };
  };
};

function secondOf({ second }: Person): NonNullable<Person['second']> {
  if (second === null) throw new Error('This person has no second factor.');
  return second;
}

export const WAYS: Readonly<Record<string, Readonly<Record<string, Way>>>> = {
  PASSWORD: {
    password: {
      ...MAILED,
      scope: 'LASTING',
      offeredIn: ['sign-in', ...IN_SESSION],
      ask:
        async ({ person: { password } }) =>
        async () => ({ password }),
    },
  },
  EMAIL_CODE: {
    emailCode: {
      ...MAILED,
      async ask(place) {
        const emailCode = await codeOf(place, 'EMAIL_CODE');
        return async () => ({ emailCode });
      },
    },
  },
  EMAIL_LINK: {
    linkToken: { ...MAILED, ask: byToken('EMAIL_LINK') },
    linkApproved: { ...MAILED, refusal: 'LINK_NOT_APPROVED', ask: byApproval('EMAIL_LINK') },
  },
  PHONE_CODE: {
    phoneCode: {
      ...SECOND,
      scope: 'CHALLENGE',
      offeredIn: ALSO_NEW,
      async ask(place) {
        const phoneCode = await codeOf(place, 'PHONE_CODE');
        return async () => ({ phoneCode });
      },
    },
  },
  PHONE_LINK: {
    linkToken: { ...LINKED_NUMBER, ask: byToken('PHONE_LINK') },
    linkApproved: { ...LINKED_NUMBER, refusal: 'LINK_NOT_APPROVED', ask: byApproval('PHONE_LINK') },
  },
  PASSKEY: {
    passkey: {
      ...SECOND,
      scope: 'CHALLENGE',
      offeredIn: [...ALSO_NEW, 'sign-in without an identifier'],
      async ask(place) {
        if (place.workflow === 'enrollment, of the new factor') {
          const passkey = new SoftwareAuthenticator({ origin: ORIGIN }).create(creationOf(place.step));
          return async () => ({ passkey });
        }
        const request = requestOf(await prepare(place, 'PASSKEY'));
        return async () => ({ passkey: secondOf(place.person).key.get(request) });
      },
    },
  },
  TOTP: {
    totp: {
      ...SECOND,
      scope: 'USER',
      offeredIn: ALSO_NEW,
      ask:
        async ({ person, step }) =>
        async () => ({ totp: person.client.totp(step.totp?.secret ?? secondOf(person).secret) }),
    },
  },
  DEVICE_APPROVAL: {
    deviceApproval: {
      ...SECOND,
      scope: 'CHALLENGE',
      offeredIn: ALSO_NEW,
      refusal: 'DEVICE_NOT_APPROVED',
      async ask(place) {
        const { client } = place.person;
        const { device } = secondOf(place.person);
        const said = { deviceApproval: true };
        if (place.workflow === 'enrollment, of the new factor') {
          const { url } = place.step.material as { url: string };
          return async () => {
            await ApprovingDevice.enroll(url, null, client.url);
            return said;
          };
        }
        const prepared = await prepare(place, 'DEVICE_APPROVAL');
        const [request] = await device.pending();
        if (request === undefined) throw new Error('The device was not asked.');
        const { number } = (prepared.challenge?.request ?? {}) as { number: string };
        return async () => {
          await device.approve(request, number);
          return said;
        };
      },
    },
  },
  BACKUP_CODE: {
    backupCode: {
      ...SECOND,
      scope: 'USER',
      ask:
        async ({ person }) =>
        async () => ({ backupCode: secondOf(person).backupCodes[0] }),
    },
  },
  OAUTH: {
    oauth: {
      ...MAILED,
      offeredIn: ['sign-in', 'sign-in without an identifier', ...IN_SESSION],
      async ask({ person: { client, provider, userId }, step, token }) {
        provider.visitor = { sub: userId };
        const { proof } = await visit(client, step.id, 'work', { token });
        return async () => ({ oauth: proof });
      },
    },
  },
  CERTIFICATE: {
    certificate: { ...SECOND, scope: 'LASTING', ask: async () => async () => ({ certificate: true }) },
  },
};
