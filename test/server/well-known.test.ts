// What browsers and password managers find under `/.well-known/`.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';

const get = (app: TestApp, name: string) =>
  fetch(`${app.url}/.well-known/${name}`, { redirect: 'manual', headers: { host: 'localhost' } });

describe('with pages and related origins', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({
      PUBLIC_URL: 'https://auth.example.com',
      PASSKEY_RP_ID: 'example.com',
      PASSKEY_ORIGINS: 'https://app.example.com,https://shop.example.de',
      PASSKEY_ENROLL_URL: 'https://app.example.com/passkeys/new',
      PASSKEY_MANAGE_URL: 'https://app.example.com/passkeys',
      CHANGE_PASSWORD_URL: 'https://app.example.com/password',
    });
  });
  afterAll(() => app[Symbol.asyncDispose]());

  test('a browser finds the sites that may use the passkeys of this domain, besides its own pages', async () => {
    const response = await get(app, 'webauthn');
    expect(response.headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(await response.json()).toEqual({ origins: ['https://shop.example.de'] });
  });

  test('a password manager finds the pages on which passkeys are added and managed', async () => {
    expect(await (await get(app, 'passkey-endpoints')).json()).toEqual({
      enroll: 'https://app.example.com/passkeys/new',
      manage: 'https://app.example.com/passkeys',
    });
  });

  test('a password manager is led to the page on which the password is changed', async () => {
    const response = await get(app, 'change-password');
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe('https://app.example.com/password');
  });
});

test('without configuration, none of these paths exist', async () => {
  await using app = await startTestApp();
  for (const name of ['webauthn', 'passkey-endpoints', 'change-password'])
    expect((await get(app, name)).status, name).toBe(404);
});
