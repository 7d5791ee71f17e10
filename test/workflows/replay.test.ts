// A proof that was made for one workflow opens that one, once, and no other: each kind of proof of the registry × each
// workflow that it is made for × each workflow that it is sent to. The pairs are generated, and a factor without a row in
// replay/proofs.ts fails the test.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FACTORS } from '../../src/factors/registry.ts';
import { Authority } from '../factors/certificate/authority.ts';
import { entry, native, providersFile } from '../factors/oauth/visits.ts';
import { startTestApp } from '../harness/app.ts';
import type { Step } from '../harness/client.ts';
import { IdentityProvider } from '../harness/identity-provider.ts';
import { forgive, type Person, putBack, settle, signUp, type World } from './replay/people.ts';
import { offers, open, type Place, statusOf, WORKFLOWS, type Workflow } from './replay/places.ts';
import { WAYS, type Way } from './replay/proofs.ts';

const HOME = 'home';
const ELSEWHERE = 'elsewhere';
const WHO = ['own', 'stranger', 'foreigner'] as const;

let world: World;
let folder: string;
/** Each without second factors and with all of them. The stranger is in the same tenant, the foreigner in another one. */
let people: Readonly<Record<(typeof WHO)[number], readonly [Person, Person]>>;

beforeAll(async () => {
  const authority = await Authority.create('Authority');
  folder = await mkdtemp(join(tmpdir(), 'stepgate-replay-'));
  const ca = join(folder, 'ca.pem');
  await writeFile(ca, authority.pem);
  const provider = await IdentityProvider.start({ redirectUris: [native('work')] });
  const app = await startTestApp({
    ACCESS_TOKEN_SECONDS: '3600',
    PROVIDERS_FILE: await providersFile([entry('work', provider)]),
    CLIENT_CA: ca,
    CLIENT_CERT_PROXIES: 'loopback',
  });
  const db = new pg.Client({ connectionString: app.databaseUrl });
  await db.connect();
  world = { app, db, authority, provider };
  // The server's clock is ahead of the provider's.
  provider.claims = (claims) => ({ ...claims, auth_time: Math.floor(app.clock.now().getTime() / 1000) });
  for (const tenant of [HOME, ELSEWHERE])
    await db.query("insert into tenant (id, sms, created_at) values ($1, 'ANY_FACTOR', now())", [tenant]);
  const signedUp = [];
  for (const tenant of [HOME, HOME, ELSEWHERE])
    for (const hasSecond of [false, true]) signedUp.push(await signUp(world, tenant, hasSecond));
  app.clock.advance(700);
  const all: Person[] = [];
  for (const one of signedUp) all.push(await settle(world, one));
  const [a, b, c, d, e, f] = all as [Person, Person, Person, Person, Person, Person];
  people = { own: [a, b], stranger: [c, d], foreigner: [e, f] };
}, 60_000);
afterAll(async () => {
  await world.db.end();
  await world.app[Symbol.asyncDispose]();
  await world.provider[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** One for each factor of the registry and each field of `ProofInput` that carries its proof. */
const PROOFS = FACTORS.flatMap(({ kind, proofs }) => proofs.map(({ name }) => ({ kind, name })));
const KNOWN = PROOFS.flatMap(({ kind, name }) => {
  const way = WAYS[kind]?.[name];
  return way === undefined ? [] : [{ kind, name, way }];
});
type Proof = (typeof KNOWN)[number];
const ROUNDS = KNOWN.flatMap((proof) => proof.way.offeredIn.map((from) => ({ ...proof, from })));

const personOf = (who: keyof typeof people, { hasSecond }: Way): Person => people[who][hasSecond ? 1 : 0];

const attempt = ({ person, step, token }: Place, proof: object): Promise<Step> =>
  person.client.attempt(step.id, proof, token);

/** What is answered at this step to a proof that is not its own. Several factors may take proofs of one form. */
function refusalAt(step: Pick<Step, 'factors'>, { name, way }: Proof): string {
  const kinds = PROOFS.filter((one) => one.name === name).map(({ kind }) => kind);
  return offers(step, ...kinds) ? way.refusal : 'FACTOR_NOT_OFFERED';
}

interface Opened {
  readonly place: Place;
  /** Makes the workflow's own proof. Null where the factor is not offered. */
  readonly prove: (() => Promise<object>) | null;
  readonly refusal: string;
}

/** Opens a workflow, and has its own challenge sent if it offers the factor. */
async function openAt(
  workflow: Workflow,
  proof: Proof,
  { person = personOf('own', proof.way), newcomer }: { person?: Person; newcomer?: string } = {},
): Promise<Opened> {
  const { kind, way } = proof;
  await forgive(world.db);
  const place = await open(workflow, kind, person, newcomer);
  // Otherwise the refusals would be those of a workflow that waits for something else.
  expect([workflow, offers(place.step, kind)]).toEqual([workflow, way.offeredIn.includes(workflow)]);
  const prove = way.offeredIn.includes(workflow) ? await way.ask(place) : null;
  return { place, prove, refusal: refusalAt(place.step, proof) };
}

describe('Q5: a proof serves the workflow that it was made for, once', () => {
  test('every proof of every factor in the registry has a row', () => {
    expect(PROOFS.filter(({ kind, name }) => WAYS[kind]?.[name] === undefined)).toEqual([]);
  });

  test.each(ROUNDS)('$kind by $name: $from', async ({ from, ...made }) => {
    const { kind, way } = made;
    await putBack(world, personOf('own', way));
    const newcomer = `${randomUUID()}@example.com`;
    const own = await openAt(from, made, { newcomer });
    const proof = (await own.prove?.()) ?? {};
    const others: Opened[] = [];
    for (const workflow of WORKFLOWS) others.push(await openAt(workflow, made, { newcomer }));
    await forgive(world.db);

    // It is right, and still it opens nothing else. A proof of USER or LASTING would rightly be accepted.
    const closed = way.scope === 'CHALLENGE' ? others : others.filter(({ prove }) => prove === null);
    for (const { place, refusal } of closed)
      expect([place.workflow, (await attempt(place, proof)).code]).toEqual([place.workflow, refusal]);

    // The attempts elsewhere have not used it up.
    const accepted = await attempt(own.place, proof);
    expect(accepted.code).toBeUndefined();
    expect(accepted.status).not.toBe(own.place.step.status);

    // It cannot be used again: not there, not in a later step, and not elsewhere. Where it would still be right, or was
    // never taken, the workflow has at least come no further by it.
    await forgive(world.db);
    const again = accepted.status === 'COMPLETE' ? 'WORKFLOW_ENDED' : refusalAt(accepted, made);
    expect((await attempt(own.place, proof)).code).toBe(again);
    for (const { place, prove, refusal } of others) {
      const { workflow, step } = place;
      if (prove === null || way.scope === 'LASTING')
        expect([workflow, await statusOf(place)]).toEqual([workflow, step.status]);
      else expect([workflow, (await attempt(place, proof)).code]).toEqual([workflow, refusal]);
    }

    // The other workflow of this kind was only waiting for its own. The address of a second sign-up is taken now.
    const twin = others.find(({ place }) => place.workflow === from);
    if (way.scope !== 'CHALLENGE' || from === 'sign-up' || twin?.prove == null) return;
    const done = await attempt(twin.place, await twin.prove());
    expect([kind, done.code, done.status]).toEqual([kind, undefined, accepted.status]);
  });
});

describe('Q5: a proof of one user is worth nothing to another', () => {
  const SAMPLE = KNOWN.flatMap((proof) => {
    const from = proof.way.offeredIn.find((workflow) => workflow !== 'sign-up');
    return from === undefined ? [] : [{ ...proof, from }];
  });

  test.each(SAMPLE)(
    '$kind by $name: $from, in the same tenant and in another one',
    async ({ from, ...made }) => {
      const { kind, way } = made;
      for (const who of WHO) await putBack(world, personOf(who, way));
      const own = await openAt(from, made);
      const proof = (await own.prove?.()) ?? {};
      const others: Opened[] = [];
      for (const who of ['stranger', 'foreigner'] as const)
        others.push(await openAt(from, made, { person: personOf(who, way) }));
      const expectRefusals = async (): Promise<void> => {
        await forgive(world.db);
        for (const { place, refusal } of others) {
          // The connection is the proof, so what is replayed is the connection.
          const { client } = kind === 'CERTIFICATE' ? own.place.person : place.person;
          const { code } = await client.attempt(place.step.id, proof, place.token);
          expect([place.person.tenant, code]).toEqual([place.person.tenant, refusal]);
        }
      };
      await expectRefusals();
      const accepted = await attempt(own.place, proof);
      expect(accepted.code).toBeUndefined();
      expect(accepted.status).not.toBe(own.place.step.status);
      await expectRefusals();
    },
  );
});
