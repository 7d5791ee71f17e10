// The plugin in GraphiQL: what a person sees of guards and sessions, and how a refused operation is run again.
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { beginVisit, launchChromium, originsOf, type Visit } from './chromium.ts';
import { Person } from './person.ts';

const GUARDED = 'query Guarded { viewer { id auditEvents { type } } }';

const REFRESH = `mutation Refresh($token: String!) {
  refreshSession(input: { refreshToken: $token }) { ... on SessionGrant { accessToken refreshToken } }
}`;

const ATTEMPT = `mutation Attempt($id: ID!, $proof: ProofInput!) {
  attemptFactor(input: { workflowId: $id, proof: $proof }) {
    ... on SignUp { status session { accessToken refreshToken } } ... on UserError { code }
  }
}`;

describe('the Stepgate panel', () => {
  let app: TestApp;
  let client: TestClient;
  let browser: Browser;
  let visit: Visit;
  let visitor: Person;
  let panel: Locator;

  beforeAll(async () => {
    browser = await launchChromium();
    app = await startTestApp();
    client = new TestClient(app);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    visit = await beginVisit(browser);
    visitor = new Person(await visit.context.newPage(), app.url);
    panel = visitor.page.locator('.graphiql-plugin .stepgate');
    await visitor.arrive();
    await visitor.page.getByRole('button', { name: 'Show Stepgate' }).click();
    return async () => {
      // Chromium reports a mutation that is refused as a whole.
      expect(visit.complaints.filter((one) => !one.includes('status of 401'))).toEqual([]);
      expect(originsOf(visit.requests)).toEqual([app.url]);
      await visit.context.close();
    };
  });

  const open = (part: string): Promise<void> => panel.getByRole('tab', { name: part }).click();
  const field = (path: string): Locator =>
    panel.getByRole('listitem').filter({ has: visitor.page.getByRole('heading', { name: path }) });

  async function write(document: string, variables: object = {}): Promise<void> {
    await visitor.paste(visitor.queryEditor, document);
    await visitor.paste(visitor.toolEditor, JSON.stringify(variables));
  }

  const response = (): Promise<string> => visitor.read(visitor.page.locator('.result-window'));

  /** Takes a session over by an operation of the editor. */
  async function signInWithToken(refreshToken: string): Promise<void> {
    await write(REFRESH, { token: refreshToken });
    await visitor.run();
  }

  async function prove(factor: string, proof: string): Promise<void> {
    const choice = panel.getByRole('button', { name: factor });
    if ((await panel.getByLabel(factor, { exact: true }).count()) === 0) await choice.click();
    await panel.getByLabel(factor, { exact: true }).fill(proof);
    await panel.getByRole('button', { name: 'Prove' }).click();
  }

  test('says for each guarded field, while you type, what it demands and that nobody would pass', async () => {
    await visitor.paste(visitor.queryEditor, 'query Open { settings { secondFactorPolicy } }');
    await panel.getByText('No field of this operation is guarded.').waitFor();
    await visitor.paste(visitor.queryEditor, GUARDED.slice(0, -4));
    await panel.getByText('Write an operation.').waitFor();
    await visitor.page.keyboard.press('End');
    await visitor.page.keyboard.type(' } }');
    await field('viewer.auditEvents').getByText('refused').waitFor();
    expect(await field('viewer.auditEvents').innerText()).toContain('@stepUp');
    expect(await field('viewer.auditEvents').innerText()).toContain('The caller is not signed in.');
    expect(await visitor.queryEditor.locator('.stepgate-mark-refused').count()).toBeGreaterThan(0);
  });

  test('holds the sessions that replies bring, sends the chosen one by itself, and tells how old each proof is', async () => {
    const user = await client.signUp();
    const { secret } = await client.enrollTotp(user.accessToken);
    app.clock.advance(30);
    const { accessToken, refreshToken } = await client.signIn(user, { totp: client.totp(secret) });
    // The first device signs in here. The second one brings its tokens by a refresh.
    await open('Sessions');
    await panel.getByLabel('Email address or phone number').fill(user.email);
    await panel.getByRole('button', { name: 'Sign in' }).click();
    await prove('PASSWORD', user.password);
    app.clock.advance(30);
    await prove('TOTP', client.totp(secret));
    await panel.getByRole('heading', { name: /Session 1\s+AAL2/ }).waitFor();
    await signInWithToken(refreshToken);
    await panel.getByRole('heading', { name: /Session 2\s+AAL2/ }).waitFor();

    const sessionIn = async (): Promise<string> => {
      await write('query Who { viewer { sessions { id isCurrent } } }');
      const { data, errors } = await visitor.run();
      return (
        data.viewer?.sessions.find((one: { isCurrent: boolean }) => one.isCurrent).id ??
        errors[0].extensions.code
      );
    };
    const sidOf = (token: string): string =>
      JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid;
    expect(await sessionIn()).toBe(sidOf(accessToken));
    const first = panel.getByRole('listitem').filter({ hasText: 'Session 1' });
    expect(await first.getByRole('list', { name: 'Evidence' }).innerText()).toMatch(
      /PASSWORD proved \d:\d\d ago\s+TOTP proved \d:\d\d ago/,
    );
    await first.getByRole('button', { name: 'Choose' }).click();
    const one = await sessionIn();
    expect(one).not.toBe(sidOf(accessToken));

    await write(GUARDED);
    await first.getByText(/TOTP proved \d:\d\d ago\s*, fresh for \d:\d\d of maxAge: 600/).waitFor();

    // Headers of the editor win, and nothing is stored in the browser.
    await visitor.show('Headers');
    await visitor.paste(visitor.toolEditor, JSON.stringify({ Authorization: 'Bearer nobody' }));
    await visitor.paste(visitor.queryEditor, 'query Who { viewer { sessions { id isCurrent } } }');
    expect((await visitor.run()).errors[0].extensions.code).toBe('UNAUTHENTICATED');
    await visitor.paste(visitor.toolEditor, '');
    await visitor.show('Variables');
    const stored = await visitor.page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }]),
    );
    expect(stored).not.toContain(accessToken.split('.')[2]);

    await first.getByRole('button', { name: 'Sign out' }).click();
    await first.waitFor({ state: 'detached' });
    expect(await sessionIn()).toBe('UNAUTHENTICATED');
    await panel
      .getByRole('listitem')
      .filter({ hasText: 'Session 2' })
      .getByRole('button', { name: 'Choose' })
      .click();
    expect(await sessionIn()).toBe(sidOf(accessToken));
  });

  test('a refusal has its remedy as a button: the person steps up, and the operation runs again', async () => {
    const user = await client.signUp();
    const other = await client.signIn(user);
    const { secret } = await client.enrollTotp(user.accessToken);
    await signInWithToken(other.refreshToken);
    await write(GUARDED);
    await field('viewer.auditEvents').getByText('refused').waitFor();
    const refused = await visitor.run();
    expect(refused.errors[0].extensions.code).toBe('STEP_UP_REQUIRED');
    await panel.getByRole('button', { name: 'Step up and run again' }).click();
    await prove('TOTP', '000000');
    await panel.getByRole('alert').waitFor();
    app.clock.advance(30);
    await prove('TOTP', client.totp(secret));
    await expect.poll(response, { timeout: 15_000 }).toContain('auditEvents": [');
    await field('viewer.auditEvents')
      .getByText(/open for \d+:\d\d/)
      .waitFor();
    expect(await visitor.queryEditor.locator('.stepgate-mark-refused').count()).toBe(0);
    expect(await panel.getByRole('region', { name: 'Refused' }).count()).toBe(0);
  });

  test('a proof for one operation shows the words that are approved, and counts for this operation only', async () => {
    const user = await client.signUp();
    const { secret, tokens } = await client.enrollTotp(user.accessToken);
    await signInWithToken(tokens.refreshToken);
    await write(
      'mutation Agent($name: String!) { createAgentToken(input: { name: $name }) { __typename ... on UserError { code } } }',
      { name: 'the night watch' },
    );
    await field('createAgentToken').getByText('made for this operation').waitFor();
    expect((await visitor.run()).errors[0].extensions).toMatchObject({ bind: 'OPERATION' });
    await panel.getByRole('button', { name: 'Step up and run again' }).click();
    await panel.getByText('You approve: Give "the night watch" access to your account').waitFor();
    app.clock.advance(30);
    await prove('TOTP', client.totp(secret));
    await expect.poll(response, { timeout: 15_000 }).toContain('"createAgentToken": {');
    expect((await visitor.run()).errors[0].extensions.code).toBe('STEP_UP_REQUIRED');
  });

  test('a person without a second factor enrolls one in the panel, saves the backup codes, and the operation runs again', async () => {
    const user = await client.signUp();
    await signInWithToken(user.refreshToken);
    await write(GUARDED);
    expect((await visitor.run()).errors[0].extensions.code).toBe('ENROLLMENT_REQUIRED');
    await panel.getByRole('button', { name: 'Enroll an authenticator app and run again' }).click();
    await panel
      .getByLabel('TOTP', { exact: true })
      .fill(client.totp(await panel.getByLabel('Secret').innerText()));
    await panel.getByRole('button', { name: 'Prove' }).click();
    const codes = panel.getByRole('list', { name: 'Backup codes' }).getByRole('listitem');
    await codes.nth(9).waitFor();
    expect(await response()).toBe('');
    await panel.getByRole('button', { name: 'I have saved the codes' }).click();
    await expect.poll(response, { timeout: 15_000 }).toContain('auditEvents": [');
  });

  test('a refusal of nobody leads to the sign-in, and a cancelled step-up leaves the refusal', async () => {
    const user = await client.signUp();
    const other = await client.signIn(user);
    await client.enrollTotp(user.accessToken);
    await write(GUARDED);
    await visitor.run();
    await panel.getByRole('region', { name: 'Refused' }).getByRole('button', { name: 'Sign in' }).click();
    await panel.getByLabel('Email address or phone number').waitFor();
    await signInWithToken(other.refreshToken);
    await write(GUARDED);
    await visitor.run();
    await panel.getByRole('button', { name: 'Step up and run again' }).click();
    await panel.getByRole('button', { name: 'Cancel' }).click();
    await panel.getByRole('button', { name: 'Step up and run again' }).waitFor();
    expect(await response()).toContain('STEP_UP_REQUIRED');
  });

  test('a click on a code of the inbox puts it into the variables of the operation', async () => {
    const email = `${Date.now()}@example.com`;
    const { id } = await client.startSignUp({ email, password: 'correct horse battery staple' });
    await write(ATTEMPT, { id });
    await open('Inbox');
    const message = panel.getByRole('listitem').filter({ hasText: email }).first();
    await message.getByRole('button').click();
    const variables = JSON.parse(await visitor.copy(visitor.toolEditor));
    expect(variables).toEqual({ id, proof: { emailCode: await client.codeFor(email) } });
    expect((await visitor.run()).data.attemptFactor.status).toBe('COMPLETE');
    await open('Sessions');
    await panel.getByRole('heading', { name: /Session 1\s+AAL1/ }).waitFor();
  });

  test('the documentation shows the directives that are applied to fields and types', async () => {
    const { page } = visitor;
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    const docs = page.locator('.graphiql-doc-explorer');
    await docs.getByText('Query', { exact: true }).click();
    await docs.getByRole('link', { name: 'viewer', exact: true }).click();
    await docs.getByText('@authenticated').waitFor();
    expect(visit.requests.filter((request) => request.postData()?.includes('IntrospectionQuery'))).toEqual(
      [],
    );
  });
});
