// The README's tour in a real browser: a person runs it in GraphiQL with mouse, keyboard and clipboard, and reads the
// codes in the development inbox.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { beginVisit, launchChromium, originsOf } from './chromium.ts';
import { Person } from './person.ts';

const EMAIL = 'newcomer@example.com';
const PASSWORD = 'correct horse battery staple';
const NEW_PASSWORD = 'a password that I will remember';
const GUARDED_TAB = 3;

describe('the tour in GraphiQL', () => {
  let app: TestApp;
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
    app = await startTestApp();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.[Symbol.asyncDispose]();
  });

  test('runs as described: the guarded field needs a second factor proved in the session, a password reset needs it too, and no request leaves the machine', async () => {
    const { context, requests, complaints } = await beginVisit(browser);
    const newcomer = new Person(await context.newPage(), app.url);
    await newcomer.arrive();
    const authenticatorApp = new TestClient(app);

    // 1. Sign up and verify the address.
    const signUp = (await newcomer.play(1, { variables: { email: EMAIL, password: PASSWORD } })).data
      .startSignUp;
    expect(signUp.status).toBe('NEEDS_PROOF');
    expect(signUp.factors).toContainEqual({ factor: 'EMAIL_CODE' });
    const emailCode = await newcomer.readCode(EMAIL);
    const signedUp = await newcomer.play(2, { variables: { workflowId: signUp.id, proof: { emailCode } } });
    expect(signedUp.data.attemptFactor.status).toBe('COMPLETE');
    const firstSession: string = signedUp.data.attemptFactor.session.accessToken;

    // 2. Query a guarded field. The rest of the query succeeds.
    const early = await newcomer.play(GUARDED_TAB, { token: firstSession });
    expect(early.errors).toHaveLength(1);
    expect(early.errors[0]).toMatchObject({
      path: ['viewer', 'auditEvents'],
      extensions: { code: 'ENROLLMENT_REQUIRED', remedy: 'ENROLL' },
    });
    expect(early.data.viewer).toEqual({
      emailAddresses: [{ address: EMAIL }],
      assurance: { level: 'AAL1' },
      auditEvents: null,
    });

    // 3. Sign in on a second device. The password is still enough.
    const second = (await newcomer.play(4, { variables: { identifier: EMAIL } })).data.startSignIn;
    expect(second.status).toBe('NEEDS_FIRST_FACTOR');
    const signedIn = await newcomer.play(5, {
      variables: { workflowId: second.id, proof: { password: PASSWORD } },
    });
    expect(signedIn.data.attemptFactor.status).toBe('COMPLETE');
    const secondSession: string = signedIn.data.attemptFactor.session.accessToken;

    // 4. Add an authenticator app in the second session.
    const enrollment = (await newcomer.play(6, { token: secondSession })).data.startEnrollment;
    const { secret, uri, qrCode } = enrollment.totp;
    expect(new URL(uri).searchParams.get('secret')).toBe(secret);
    const picture = await context.newPage();
    await picture.goto(qrCode);
    expect(await picture.evaluate(() => document.documentElement.tagName)).toBe('svg');
    expect(await picture.locator('path').count()).toBeGreaterThan(0);
    await picture.close();
    const enrolled = await newcomer.play(7, {
      variables: { workflowId: enrollment.id, proof: { totp: authenticatorApp.totp(secret) } },
      token: secondSession,
    });
    expect(enrolled.data.attemptFactor.status).toBe('COMPLETE');
    expect(enrolled.data.attemptFactor.backupCodes).toHaveLength(10);

    // 5. Sign in again. The password alone is no longer enough. Each code is accepted once, so this is the next one.
    const third = (await newcomer.play(8, { variables: { identifier: EMAIL } })).data.startSignIn;
    const halfWay = await newcomer.play(9, {
      variables: { workflowId: third.id, proof: { password: PASSWORD } },
    });
    expect(halfWay.data.attemptFactor).toMatchObject({ status: 'NEEDS_SECOND_FACTOR', session: null });
    app.clock.advance(30);
    const proof = { totp: authenticatorApp.totp(secret) };
    await newcomer.paste(newcomer.toolEditor, JSON.stringify({ workflowId: third.id, proof }));
    const bothProved = await newcomer.run();
    expect(bothProved.data.attemptFactor.status).toBe('COMPLETE');
    const thirdSession: string = bothProved.data.attemptFactor.session.accessToken;
    const given = await newcomer.play(GUARDED_TAB, { token: thirdSession });
    expect(given.errors).toBeUndefined();
    expect(given.data.viewer.auditEvents.length).toBeGreaterThan(0);

    // 6. The first session has not proved the authenticator app.
    const refused = await newcomer.play(GUARDED_TAB, { token: firstSession });
    expect(refused.errors[0].extensions).toMatchObject({ code: 'STEP_UP_REQUIRED', remedy: 'STEP_UP' });
    expect(refused.data.viewer.auditEvents).toBeNull();

    // 7. Step up in that session and query the field again. Now it succeeds.
    const stepUp = (await newcomer.play(10, { token: firstSession })).data.startStepUp;
    expect(stepUp.factors).toContainEqual(expect.objectContaining({ factor: 'TOTP' }));
    app.clock.advance(30);
    const steppedUp = await newcomer.play(11, {
      variables: { workflowId: stepUp.id, proof: { totp: authenticatorApp.totp(secret) } },
      token: firstSession,
    });
    expect(steppedUp.data.attemptFactor.status).toBe('COMPLETE');
    const { accessToken } = steppedUp.data.attemptFactor.session;
    const atLast = await newcomer.play(GUARDED_TAB, { token: accessToken });
    expect(atLast.errors).toBeUndefined();
    expect(atLast.data.viewer.assurance.level).toBe('AAL2');
    expect(atLast.data.viewer.auditEvents.length).toBeGreaterThan(0);

    // After the access token expires, the session keeps its evidence.
    const { refreshToken } = steppedUp.data.attemptFactor.session;
    const renewed = await newcomer.play(12, { variables: { refreshToken } });
    const after = await newcomer.play(GUARDED_TAB, { token: renewed.data.refreshSession.accessToken });
    expect(after.errors).toBeUndefined();

    // 8. Reset the password. The mailbox alone is not enough. The newest message is the notice of a sign-in.
    const reset = (await newcomer.play(13, { variables: { identifier: EMAIL } })).data.startPasswordReset;
    expect(reset).toMatchObject({ status: 'NEEDS_FIRST_FACTOR' });
    expect(reset.factors).toContainEqual({ factor: 'EMAIL_CODE', needsPreparing: true });
    const sent = await newcomer.play(14, { variables: { workflowId: reset.id, factor: 'EMAIL_CODE' } });
    expect(sent.data.prepareFactor).toMatchObject({ status: 'NEEDS_FIRST_FACTOR' });
    const resetCode = await newcomer.readCode(EMAIL);
    const mailboxProved = await newcomer.play(15, {
      variables: { workflowId: reset.id, proof: { emailCode: resetCode } },
    });
    expect(mailboxProved.data.attemptFactor.status).toBe('NEEDS_SECOND_FACTOR');
    const choice = { variables: { workflowId: reset.id, newPassword: NEW_PASSWORD } };
    const tooEarly = await newcomer.play(16, choice);
    expect(tooEarly.data.chooseNewPassword.code).toBe('NEW_PASSWORD_NOT_DUE');
    app.clock.advance(30);
    const appProved = await newcomer.play(15, {
      variables: { workflowId: reset.id, proof: { totp: authenticatorApp.totp(secret) } },
    });
    expect(appProved.data.attemptFactor.status).toBe('NEEDS_NEW_PASSWORD');
    const chosen = await newcomer.play(16, choice);
    expect(chosen.data.chooseNewPassword).toEqual({ id: reset.id, status: 'COMPLETE' });

    // Every session has ended. The new password signs in with the second factor, and the old one does not.
    const ended = await newcomer.play(GUARDED_TAB);
    expect(ended.errors[0].extensions).toMatchObject({ code: 'UNAUTHENTICATED', remedy: 'SIGN_IN' });
    const last = (await newcomer.play(8, { variables: { identifier: EMAIL } })).data.startSignIn;
    const proveLast = async (lastProof: object): Promise<Record<string, unknown>> => {
      const variables = { workflowId: last.id, proof: lastProof };
      return (await newcomer.play(9, { variables })).data.attemptFactor;
    };
    expect(await proveLast({ password: PASSWORD })).toMatchObject({ code: 'PROOF_REJECTED' });
    expect(await proveLast({ password: NEW_PASSWORD })).toMatchObject({ status: 'NEEDS_SECOND_FACTOR' });
    app.clock.advance(30);
    expect(await proveLast({ totp: authenticatorApp.totp(secret) })).toMatchObject({ status: 'COMPLETE' });

    expect(originsOf(requests)).toEqual([app.url]);
    expect(complaints).toEqual([]);
  });
});
