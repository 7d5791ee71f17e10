// What an application sees of its session: whether somebody is signed in, and what happens in any tab.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { SessionEvent, StepgateClient } from '../../src/client/index.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, TestClient } from '../harness/client.ts';
import { Browser, openTab, signIn, signInThere, stubPage } from './browser.ts';
import { AUDIT_EVENTS, clientOf, guarded, lasting, NEW_CODES, typing, VIEWER } from './people.ts';

let app: TestApp;
let server: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  server = new TestClient(app);
});
afterEach(() => vi.unstubAllGlobals());
afterAll(() => app[Symbol.asyncDispose]());

function eventsOf({ session }: StepgateClient): SessionEvent[] {
  const events: SessionEvent[] = [];
  session.subscribe((event) => events.push(event));
  return events;
}

const status = ({ session }: StepgateClient): string => session.state().status;

const becomes = (client: StepgateClient, wanted: string): Promise<void> =>
  vi.waitFor(() => expect(status(client)).toBe(wanted), { timeout: 5000, interval: 5 });

describe('the session of a client that holds its tokens', () => {
  test('is unknown until the first subscriber, and then signed in or out', async () => {
    const store = lasting();
    const { client } = await clientOf(app, await server.signUp(), { tokens: store });
    await client.setSession(await server.signUp());
    const { client: reloaded, network } = await clientOf(app, null, { tokens: store });
    expect(status(reloaded)).toBe('UNKNOWN');
    eventsOf(reloaded);
    await becomes(reloaded, 'SIGNED_IN');
    expect(network.sent).toEqual([]);
    const { client: nobody } = await clientOf(app, null);
    eventsOf(nobody);
    await becomes(nobody, 'SIGNED_OUT');
  });

  test('notes a sign-in, a step-up and a sign-out', async () => {
    const { tokens, secret } = await guarded(server);
    const { client } = await clientOf(app, null, { onStepUp: typing(app, server, secret) });
    const events = eventsOf(client);
    await becomes(client, 'SIGNED_OUT');
    await client.setSession(tokens);
    expect(client.session.state()).toEqual({ status: 'SIGNED_IN', steppedUpAt: null });
    await client.request(AUDIT_EVENTS);
    expect(client.session.state()).toEqual({ status: 'SIGNED_IN', steppedUpAt: expect.any(Number) });
    await client.signOut();
    expect(client.session.state()).toEqual({ status: 'SIGNED_OUT', steppedUpAt: null });
    expect(events).toEqual(['SIGNED_OUT', 'SIGNED_IN', 'STEPPED_UP', 'SIGNED_OUT']);
  });

  test('notes that it was ended elsewhere', async () => {
    const person = await server.signUp();
    const { client } = await clientOf(app, person);
    const events = eventsOf(client);
    const other = await server.signIn(person);
    await server.graphql('mutation { revokeOtherSessions { count } }', {}, other.accessToken);
    await client.request(VIEWER);
    expect(events).toEqual(['SIGNED_OUT']);
  });

  test('stays unknown while Stepgate cannot be reached, and the next subscriber makes it ask again', async () => {
    const browser = new Browser();
    await signIn(app, (await server.signUp()).email, null, { fetch: browser.fetch });
    const { client } = openTab(app, browser);
    browser.isOffline = true;
    eventsOf(client);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(status(client)).toBe('UNKNOWN');
    browser.isOffline = false;
    eventsOf(client);
    await becomes(client, 'SIGNED_IN');
  });

  test('a listener that has left is not called', async () => {
    const { client } = await clientOf(app, null);
    const listener = vi.fn();
    client.session.subscribe(listener)();
    await client.setSession(await server.signUp());
    expect(listener).not.toHaveBeenCalled();
  });
});

describe.each(['cookie', 'hybrid'] as const)('the session of a client in %s mode', (mode) => {
  test('is found out with one request for any number of subscribers', async () => {
    const { browser } = await signIn(app, (await server.signUp()).email, null, { mode });
    const { client } = openTab(app, browser, { mode });
    const asked = browser.bodies.length;
    eventsOf(client);
    eventsOf(client);
    await becomes(client, 'SIGNED_IN');
    expect(browser.bodies.length).toBe(asked + 1);
    const { client: nobody } = openTab(app, new Browser(), { mode });
    eventsOf(nobody);
    await becomes(nobody, 'SIGNED_OUT');
  });

  test('changes in every tab with a sign-in, a step-up and a sign-out in one of them', async () => {
    stubPage();
    const { person, backupCodes } = await guarded(server);
    const browser = new Browser();
    const tab = openTab(app, browser, {
      mode,
      onStepUp: ({ workflow }) => workflow.attempt({ backupCode: backupCodes[1] ?? '' }),
    });
    const { client: other } = openTab(app, browser, { mode });
    const events = eventsOf(other);
    await becomes(other, 'SIGNED_OUT');
    const signIn = await tab.client.signIn({ identifier: person.email });
    await signIn.attempt({ password: PASSWORD });
    await signIn.attempt({ backupCode: backupCodes[0] ?? '' });
    await becomes(other, 'SIGNED_IN');
    app.clock.advance(3600);
    await tab.client.request(NEW_CODES);
    await vi.waitFor(() => expect(events).toContain('STEPPED_UP'));
    expect(events).toEqual(['SIGNED_OUT', 'SIGNED_IN', 'STEPPED_UP']);
    await tab.client.signOut();
    await becomes(other, 'SIGNED_OUT');
    expect(events).toEqual(['SIGNED_OUT', 'SIGNED_IN', 'STEPPED_UP', 'SIGNED_OUT']);
  });

  test('is told again, after a sign-in in another tab, that it has ended', async () => {
    stubPage();
    const browser = new Browser();
    const onSignedOut = vi.fn();
    const { client: other } = openTab(app, browser, { mode, onSignedOut });
    await other.request(VIEWER);
    expect(onSignedOut).toHaveBeenCalledTimes(1);
    const { client } = openTab(app, browser, { mode });
    await (await client.signIn({ identifier: (await server.signUp()).email })).attempt({
      password: PASSWORD,
    });
    await new Promise((resolve) => setTimeout(resolve, 50)); // the notification is in transit
    await client.signOut();
    await vi.waitFor(() => expect(onSignedOut).toHaveBeenCalledTimes(2));
  });

  test('is not signed in by a step-up that completes after a sign-out', async () => {
    stubPage();
    const { person, backupCodes } = await guarded(server);
    const tab = openTab(app, new Browser(), {
      mode,
      onStepUp: async ({ workflow }) => {
        const leaving = tab.client.signOut();
        await workflow.attempt({ backupCode: backupCodes[1] ?? '' }).catch(() => {});
        await leaving;
      },
    });
    await signInThere(tab, person.email, { backupCode: backupCodes[0] });
    app.clock.advance(3600);
    const events = eventsOf(tab.client);
    await tab.client.request(NEW_CODES);
    expect(events.at(-1)).toBe('SIGNED_OUT');
    expect(status(tab.client)).toBe('SIGNED_OUT');
  });
});
