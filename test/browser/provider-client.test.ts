// A sign-in at a real identity provider in Chromium with `stepgate/client/provider`: the page is left, and loaded anew with the
// answer.
import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { appWith, entry } from '../factors/oauth/visits.ts';
import type { TestApp } from '../harness/app.ts';
import { IdentityProvider } from '../harness/identity-provider.ts';
import { beginVisit, launchChromium, originsOf, type Visit } from './chromium.ts';
import { openShop, type Shop } from './shop.ts';

let browser: Browser;
let shop: Shop;
let provider: IdentityProvider;
let app: TestApp;
let visit: Visit;

beforeAll(async () => {
  browser = await launchChromium();
  shop = await openShop();
  const redirectUris = [`${shop.origin}/back`];
  provider = await IdentityProvider.start({ redirectUris });
  const work = entry('work', provider, { addresses: 'email_verified', redirectUris });
  app = await appWith([work], { CORS_ORIGINS: shop.origin });
  shop.stepgate = app;
});
afterAll(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
  await shop?.[Symbol.asyncDispose]();
});
afterEach(() => visit.context.close());

async function open(): Promise<Page> {
  visit = await beginVisit(browser);
  const page = await visit.context.newPage();
  await page.goto(shop.origin);
  return page;
}

async function makeClient(page: Page): Promise<void> {
  await page.waitForFunction(() => globalThis.stepgate !== undefined);
  await page.evaluate((url) => {
    globalThis.client = stepgate.createStepgateClient({ url });
  }, `${app.url}/graphql`);
}

/** Goes to the provider, and is back on a page that is loaded anew. */
async function leave(page: Page): Promise<void> {
  await makeClient(page);
  const url = await page.evaluate(
    async (redirectUri) => atProvider.providerUrl(await client.signIn(), { providerId: 'work', redirectUri }),
    `${shop.origin}/back`,
  );
  await page.goto(url);
  await page.waitForURL(`${shop.origin}/back?**`);
  await makeClient(page);
}

const comeBack = (page: Page) =>
  page.evaluate(async () => {
    const returned = await atProvider.returnFromProvider(client);
    return returned && [returned.workflow.status, returned.error?.code ?? null];
  });

test('in Chromium, a sign-in at a provider goes on after the page was loaded anew', async () => {
  const sub = randomUUID();
  provider.visitor = { sub, email: `${sub}@example.com`, email_verified: true };
  const page = await open();
  await leave(page);
  expect(await comeBack(page)).toEqual(['COMPLETE', null]);
  const email = await page.evaluate(async () => {
    const { data } = await client.request<{ viewer: { emailAddresses: { address: string }[] } }>(
      '{ viewer { emailAddresses { address } } }',
    );
    return data?.viewer.emailAddresses[0]?.address;
  });
  expect(email).toBe(`${sub}@example.com`);
  // Neither the address bar nor the tab keeps anything of it.
  expect(page.url()).toBe(`${shop.origin}/back`);
  expect(await page.evaluate(() => sessionStorage.length + localStorage.length)).toBe(0);
  expect(await comeBack(page)).toBeNull();
  expect(originsOf(visit.requests).toSorted()).toEqual([app.url, provider.issuer, shop.origin].toSorted());
  expect(visit.complaints).toEqual([]);
});

test('in Chromium, an answer in another tab signs nobody in (login CSRF)', async () => {
  provider.visitor = { sub: randomUUID() };
  const page = await open();
  await leave(page);
  const victim = await visit.context.newPage();
  await victim.goto(page.url());
  await makeClient(victim);
  expect(await comeBack(victim)).toBeNull();
  expect(await victim.evaluate(async () => (await client.request('{ viewer { id } }')).data)).toEqual({
    viewer: null,
  });
});
