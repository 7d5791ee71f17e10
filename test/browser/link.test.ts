// The page of a link, in a real browser on a different device than the one that requested it: what it shows, what a
// click does, and that nothing happens without a click.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, type Step, TestClient } from '../harness/client.ts';
import { beginVisit, launchChromium, originsOf, type Visit } from './chromium.ts';

const PHONE: BrowserContextOptions = {
  userAgent: 'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36',
  viewport: { width: 360, height: 740 },
  locale: 'en-US',
};
const DESKTOP = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';

const YES = 'Yes, approve';
const NO = 'No, this was not me';
const OVER = 'This link is no longer valid';

let app: TestApp;
let browser: Browser;
let client: TestClient;
let person: Person;
let visits: Visit[] = [];
/** The browser errors that a test expects when it breaks something. */
let expectedComplaint = /^(?!)/;

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
  person = await client.signUp();
  visits = [];
  expectedComplaint = /^(?!)/;
});
/** Checks of every visit: no request to another origin, no token in a URL, no policy or accessibility violation. */
afterEach(async () => {
  for (const { context, requests, complaints } of visits) {
    expect(originsOf(requests)).toEqual([app.url]);
    for (const request of requests) {
      expect(request.url()).not.toMatch(/[\w-]{43}/);
      if (request.failure() === null)
        expect(Object.keys(await request.allHeaders())).not.toContain('referer');
    }
    expect(complaints.filter((one) => !expectedComplaint.test(one))).toEqual([]);
    await context.close();
  }
});

interface Asked {
  readonly id: string;
  readonly token: string;
}

/** A sign-in on a desktop that has requested a link. */
async function asked(): Promise<Asked> {
  const { id } = await client.startSignIn({ identifier: person.email });
  return sendLink(id);
}

async function sendLink(id: string): Promise<Asked> {
  const prepare =
    'mutation ($id: ID!) { prepareFactor(input: { workflowId: $id, factor: EMAIL_LINK }) { __typename } }';
  const { data } = await client.graphql(prepare, { id }, undefined, { 'user-agent': DESKTOP });
  expect(data.prepareFactor.__typename).toMatch(/^Sign/);
  return { id, token: await client.linkFor(person.email) };
}

const ask = ({ id }: Asked): Promise<Step> => client.attempt(id, { linkApproved: true });

interface Link {
  readonly browser: string | null;
  readonly place: string | null;
  readonly ip: string;
  readonly requestedAt: string;
  readonly expiresAt: string;
}

async function linkOf({ token }: Asked, language: string): Promise<Link> {
  const fields = 'browser place ip requestedAt expiresAt';
  const read = `query ($token: String!) { link(token: $token) { ${fields} } }`;
  return (await client.graphql(read, { token }, undefined, { 'accept-language': language })).data.link;
}

async function visitor(options: BrowserContextOptions = {}): Promise<Page> {
  const visit = await beginVisit(browser, { ...PHONE, ...options });
  visits.push(visit);
  return visit.context.newPage();
}

/** Opens a link and waits for the page's message. */
async function open({ token }: Pick<Asked, 'token'>, page?: Page): Promise<Page> {
  const opened = page ?? (await visitor());
  await opened.goto(`${app.url}/link#${token}`);
  await opened.getByRole('heading').waitFor();
  return opened;
}

const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name }).click();
const hears = (page: Page, heading: string): Promise<void> =>
  page.getByRole('heading', { name: heading, exact: true }).waitFor();

async function detailsOf(page: Page): Promise<(readonly [string, string])[]> {
  const terms = await page.locator('dt').allInnerTexts();
  const values = await page.locator('dd').allInnerTexts();
  return terms.map((term, at) => [term, values[at] ?? ''] as const);
}

describe('a link that is opened on another device', () => {
  test('shows who requested it, and one click gives the session to them and nothing to the visitor', async () => {
    const link = await asked();
    const answers: Promise<string>[] = [];
    const page = await visitor();
    page.on('response', (response) => {
      if (response.url().endsWith('/graphql')) answers.push(response.text());
    });
    await open(link, page);
    await hears(page, 'Are you signing in?');
    const shown = await detailsOf(page);
    const { browser, place, ip } = await linkOf(link, 'en-US');
    const expected = [
      ['Browser', browser],
      ['Approximate location', place],
      ['IP address', ip],
    ].filter(([, value]) => value !== null);
    expect(ip).toBe('127.0.0.1');
    expect(shown.slice(0, -2)).toEqual(expected);
    expect(shown.slice(-2).map(([term]) => term)).toEqual(['Requested', 'Valid until']);
    expect((await ask(link)).code).toBe('LINK_NOT_APPROVED');

    await press(page, YES);
    await hears(page, 'Approved');
    expect(await page.getByRole('button').count()).toBe(0);
    const step = await ask(link);
    expect(step.status).toBe('COMPLETE');
    expect(step.session?.accessToken).toBeTruthy();
    expect(await page.context().storageState()).toEqual({ cookies: [], origins: [] });
    expect(answers).toHaveLength(2);
    for (const text of await Promise.all(answers)) expect(text).not.toMatch(/token|session/i);
  });

  test('ends the request when the visitor rejects it', async () => {
    const link = await asked();
    const page = await open(link);
    await press(page, NO);
    await hears(page, 'Rejected');
    expect(await page.getByRole('main').innerText()).toContain('can no longer use it');
    expect((await ask(link)).code).toBe('WORKFLOW_EXPIRED');
    expect((await client.attempt(link.id, { password: person.password })).code).toBe('WORKFLOW_EXPIRED');
    await page.reload();
    await hears(page, 'There is nothing to approve here');
  });

  test.each([
    ['startSignUp', 'Are you signing up?'],
    ['startPasswordReset', 'Are you resetting your password?'],
  ] as const)('says what it is for: %s', async (start, heading) => {
    const email = `${start.toLowerCase()}@example.com`;
    if (start === 'startPasswordReset') await client.signUp(email);
    const input = start === 'startSignUp' ? { email, password: person.password } : { identifier: email };
    const { id } = await client[start](input);
    await client.prepare(id, 'EMAIL_LINK');
    await hears(await open({ token: await client.linkFor(email) }), heading);
  });

  test('is approved once by a double click', async () => {
    const link = await asked();
    const page = await open(link);
    await page.getByRole('button', { name: YES }).dblclick();
    await hears(page, 'Approved');
    expect(visits[0]?.requests.filter((one) => one.url().endsWith('/graphql'))).toHaveLength(2);
  });
});

describe('without a click nothing is approved:', () => {
  test('a mail scanner that only fetches the page approves nothing', async () => {
    const link = await asked();
    for (const method of ['GET', 'HEAD']) await fetch(`${app.url}/link#${link.token}`, { method });
    expect((await ask(link)).code).toBe('LINK_NOT_APPROVED');
  });

  test('a mail scanner that runs its scripts approves nothing either', async () => {
    const link = await asked();
    const page = await open(link);
    await page.waitForLoadState('networkidle');
    await page.reload();
    await page.getByRole('button', { name: YES }).waitFor();
    await page.waitForLoadState('networkidle');
    expect(await page.locator('a, form').count()).toBe(0); // nothing that a crawler could follow or submit
    expect((await ask(link)).code).toBe('LINK_NOT_APPROVED');
  });

  test('a browser without JavaScript shows an explanation', async () => {
    const link = await asked();
    const page = await open(link, await visitor({ javaScriptEnabled: false }));
    expect(await page.getByRole('heading').innerText()).toBe('This page needs JavaScript');
    expect((await ask(link)).code).toBe('LINK_NOT_APPROVED');
  });
});

describe('a link that is no longer valid says so', () => {
  test('after it was used, and before that says that it is approved', async () => {
    const link = await asked();
    await press(await open(link), YES);
    await hears(await open(link), 'Approved');
    await ask(link);
    await hears(await open(link), OVER);
  });

  test('when it has expired, before it is opened or while it is shown', async () => {
    const link = await asked();
    const shown = await open(link);
    app.clock.advance(601);
    await press(shown, YES);
    await hears(shown, OVER);
    await hears(await open(link), OVER);
  });

  test('when a newer one has replaced it, before it is opened or while it is shown', async () => {
    const link = await asked();
    const shown = await open(link);
    app.clock.advance(31);
    const newer = await sendLink(link.id);
    await press(shown, NO);
    await hears(shown, OVER);
    await hears(await open(link), OVER);
    await press(await open(newer), YES);
    await expect.poll(async () => (await ask(newer)).status).toBe('COMPLETE');
  });

  test.each(['', 'half-a-token', '%22%3E%3Cscript%3Ealert(1)%3C/script%3E'])(
    'and offers no approval if the token is invalid: #%s',
    async (token) => {
      await hears(await open({ token }), 'There is nothing to approve here');
    },
  );
});

describe('the token of a link', () => {
  test('is removed from the address at once, and a reload still finds it', async () => {
    const page = await open(await asked());
    expect(page.url()).toBe(`${app.url}/link`);
    await page.reload();
    await hears(page, 'Are you signing in?');
    expect(page.url()).toBe(`${app.url}/link`);
  });

  test('of another link, pasted into the same tab, replaces what is shown and what is approved', async () => {
    const first = await asked();
    const second = await asked();
    const page = await open(first);
    await press(page, YES);
    await hears(page, 'Approved');
    await page.evaluate((token) => location.assign(`#${token}`), second.token);
    await page.getByRole('button', { name: NO }).waitFor();
    await press(page, NO);
    await hears(page, 'Rejected');
    expect((await ask(second)).code).toBe('WORKFLOW_EXPIRED');
    expect((await ask(first)).status).toBe('COMPLETE');
  });

  test('is removed from the tab when the link is no longer valid', async () => {
    const link = await asked();
    const page = await open(link);
    expect(await page.evaluate(() => JSON.stringify(history.state))).toContain(link.token);
    await press(page, NO);
    await hears(page, 'Rejected');
    expect(await page.evaluate(() => history.state)).toBeNull();
  });
});

describe('the page of a link can be used', () => {
  test('with the keyboard only: the focus is on the message and then on the buttons', async () => {
    const link = await asked();
    const page = await open(link);
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.textContent ?? '');
    expect(await focused()).toBe('Are you signing in?');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe(YES);
    await page.keyboard.press('Tab');
    expect(await focused()).toBe(NO);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await hears(page, 'Approved');
    expect(await focused()).toBe('Approved');
    expect(await page.title()).toBe('Approved');
    expect((await ask(link)).status).toBe('COMPLETE');
  });

  test('in German, with local times', async () => {
    const link = await asked();
    const page = await open(link, await visitor({ locale: 'de-AT', timezoneId: 'Asia/Tokyo' }));
    await hears(page, 'Melden Sie sich gerade an?');
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('de');
    const { requestedAt, expiresAt } = await linkOf(link, 'de-AT');
    const inTokyo = (iso: string, format: Intl.DateTimeFormatOptions): string =>
      new Intl.DateTimeFormat('de-AT', { ...format, timeZone: 'Asia/Tokyo' }).format(new Date(iso));
    const details = new Map(await detailsOf(page));
    expect(details.get('Angefordert')).toContain(
      inTokyo(requestedAt, { dateStyle: 'long', timeStyle: 'short' }),
    );
    expect(details.get('Gültig bis')).toBe(inTokyo(expiresAt, { timeStyle: 'short' }));
    await press(page, 'Nein, das war ich nicht');
    await hears(page, 'Abgelehnt');
  });

  test('in English, if the browser’s language is not supported', async () => {
    await hears(await open(await asked(), await visitor({ locale: 'ja-JP' })), 'Are you signing in?');
  });

  test('with a wrong clock: relative times use the server’s clock', async () => {
    const link = await asked();
    const { requestedAt } = await linkOf(link, 'en');
    const page = await visitor();
    await page.clock.setFixedTime(new Date('2001-01-01T00:00:00Z'));
    await page.route('**/graphql', async (route) => {
      const response = await route.fetch();
      const date = new Date(Date.parse(requestedAt) + 185_000).toUTCString();
      await route.fulfill({ response, headers: { ...response.headers(), date } });
    });
    await open(link, page);
    expect(new Map(await detailsOf(page)).get('Requested')).toContain('(3 minutes ago)');
  });

  test.each([
    ['light', 320],
    ['dark', 320],
    ['dark', 1400],
  ] as const)(
    'in %s mode, on a screen of %i pixels: everything fits, with enough contrast',
    async (colorScheme, width) => {
      const page = await open(
        await asked(),
        await visitor({ colorScheme, viewport: { width, height: 640 } }),
      );
      const { overflow, ratios } = await page.evaluate(() => {
        // WCAG 2.2, relative luminance and contrast ratio.
        const luminance = (color: string): number => {
          const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map((part) => {
            const share = Number(part) / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
          });
          return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        };
        const behind = (element: Element): string => {
          const { backgroundColor } = getComputedStyle(element);
          const parent = element.parentElement;
          return backgroundColor.endsWith(', 0)') && parent !== null ? behind(parent) : backgroundColor;
        };
        return {
          overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
          ratios: [...document.querySelectorAll('h1, p, dt, dd, button')].map((element) => {
            const [light = 0, dark = 0] = [
              luminance(getComputedStyle(element).color),
              luminance(behind(element)),
            ].toSorted((one, other) => other - one);
            return (light + 0.05) / (dark + 0.05);
          }),
        };
      });
      expect(overflow).toBe(0);
      expect(ratios.length).toBeGreaterThan(8);
      for (const ratio of ratios) expect(ratio).toBeGreaterThan(4.5);
    },
  );
});

describe('a failure on the page of a link', () => {
  test('without a network is shown, and can be retried', async () => {
    expectedComplaint = /ERR_INTERNET_DISCONNECTED/;
    const link = await asked();
    const page = await open(link);
    await page.context().setOffline(true);
    await press(page, YES);
    await hears(page, 'Something went wrong');
    await page.context().setOffline(false);
    await press(page, 'Try again');
    await hears(page, 'Approved');
    expect((await ask(link)).status).toBe('COMPLETE');
  });

  test.each([
    [
      'a busy server',
      200,
      JSON.stringify({ errors: [{ message: 'Busy.', extensions: { code: 'OVERLOADED' } }] }),
    ],
    [
      'an internal error',
      200,
      JSON.stringify({ data: { link: null }, errors: [{ message: 'Unexpected error.' }] }),
    ],
    ['a proxy with its own error page', 503, '<h1>Service Unavailable</h1>'],
    ['an empty response', 502, ''],
  ])('because of %s is shown, and not as an invalid link', async (_what, status, body) => {
    expectedComplaint = /status of 50[23]/;
    const page = await visitor();
    await page.route('**/graphql', (route) => route.fulfill({ status, body }), { times: 2 });
    await open(await asked(), page);
    await hears(page, 'Something went wrong');
    await press(page, 'Try again');
    await hears(page, 'Something went wrong');
    await press(page, 'Try again');
    await hears(page, 'Are you signing in?');
  });
});

test('a user agent that contains a script is shown as text', async () => {
  const hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  const page = await visitor();
  await page.route('**/graphql', async (route) => {
    const response = await route.fetch();
    const json = await response.json();
    Object.assign(json.data.link, { browser: hostile, place: hostile, workflow: 'constructor' });
    await route.fulfill({ response, json });
  });
  await open(await asked(), page);
  await hears(page, 'Did you request this link?');
  expect(new Map(await detailsOf(page)).get('Browser')).toBe(hostile);
  expect(await page.locator('main img, main script').count()).toBe(0);
});
