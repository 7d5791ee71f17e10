// The GraphiQL page: what it shows, what works in it, what it stores, and what it cannot do.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Response } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TOUR } from '../../src/server/tour.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { beginVisit, launchChromium, originsOf, type Visit } from './chromium.ts';
import { Person } from './person.ts';

/** Measured: 1.5 MB without the workers, most of it the editor. */
const FIRST_VISIT_BYTES = 2_000_000;
/** Measured: 4 kB, the page. */
const NEXT_VISIT_BYTES = 20_000;

describe('the GraphiQL page', () => {
  let app: TestApp;
  let browser: Browser;
  let visit: Visit;
  let visitor: Person;

  beforeAll(async () => {
    browser = await launchChromium();
    app = await startTestApp();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    visit = await beginVisit(browser);
    visitor = new Person(await visit.context.newPage(), app.url);
    return () => visit.context.close();
  });

  const schemaArrives = (): Promise<Response> =>
    visitor.page.waitForResponse((response) => response.url().includes('/graphiql/assets/schema-'));

  function expectPeace(): void {
    expect(originsOf(visit.requests)).toEqual([app.url]);
    expect(visit.complaints).toEqual([]);
  }

  test('opens with the operations of the tour, one per tab, with variables and headers', async () => {
    await visitor.arrive();
    const names = TOUR.map(({ query }) => /(?:query|mutation) (\w+)/.exec(query)?.[1]);
    expect(await visitor.tabs.allInnerTexts()).toEqual(names);
    // The first tab is ready to run.
    const ready = JSON.stringify(TOUR[0]?.variables, null, 2);
    await expect.poll(() => visitor.read(visitor.toolEditor)).toBe(ready);
    for (const tool of ['Variables', 'Headers'] as const) {
      await visitor.show(tool);
      for (const [index, { title, query, variables, token, headers: further }] of TOUR.entries()) {
        await visitor.openTab(index + 1);
        await expect.poll(() => visitor.read(visitor.queryEditor)).toContain(query);
        const comment = (await visitor.read(visitor.queryEditor)).match(/(?<=^# ).*$/gm);
        expect(comment?.join(' ')).toBe(title);
        const headers = token === undefined ? further : { authorization: `Bearer ${token}`, ...further };
        const expected = tool === 'Variables' ? variables : headers;
        await expect
          .poll(() => visitor.read(visitor.toolEditor))
          .toBe(expected === undefined ? '' : JSON.stringify(expected, null, 2));
      }
    }
    expectPeace();
  });

  test('knows the schema, in its documentation and in the editors, which mark errors', async () => {
    await visitor.arrive();
    await visitor.paste(visitor.queryEditor, '{ settings { noSuchField } }');
    await visitor.queryEditor.locator('.squiggly-error').first().waitFor();
    await visitor.paste(visitor.toolEditor, '{ "unfinished": ');
    await visitor.toolEditor.locator('.squiggly-error').first().waitFor();

    const { page } = visitor;
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.locator('.graphiql-doc-explorer').getByText('Mutation', { exact: true }).click();
    await page
      .locator('.graphiql-doc-explorer')
      .getByRole('link', { name: 'attemptFactor', exact: true })
      .waitFor();

    const workers = page.workers().map((worker) => new URL(worker.url()).pathname);
    expect(workers.length).toBeGreaterThan(2);
    for (const path of workers) expect(path).toMatch(/^\/graphiql\/assets\/\w+\.worker-/);
    expectPeace();
  });

  test('restores its tabs after a reload, without documents in the URL or tokens in the storage', async () => {
    const { page } = visitor;
    await visitor.arrive();
    await page.reload();
    await visitor.look();
    expect(await visitor.tabs.count()).toBe(TOUR.length);

    await visitor.openTab(3);
    await visitor.show('Headers');
    await visitor.paste(visitor.toolEditor, '{ "authorization": "Bearer a-secret-token" }');
    await visitor.paste(visitor.queryEditor, 'query Changed { settings { __typename } }');
    const stored = (key: string): Promise<string | null> =>
      page.evaluate((name) => localStorage.getItem(`graphiql:${name}`), key);
    await expect.poll(() => stored('query')).toContain('query Changed');
    await expect.poll(() => stored('tabState')).toContain('query Changed');
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain('a-secret-token');
    expect(page.url()).toBe(`${app.url}/graphql`);

    await page.reload();
    await visitor.look();
    const names = await visitor.tabs.allInnerTexts();
    expect(names).toHaveLength(TOUR.length);
    expect(names[2]).toBe('Changed');
    await visitor.openTab(1);
    await visitor.show('Variables');
    await expect.poll(() => visitor.read(visitor.toolEditor)).toContain('you@example.com');
    expectPeace();
  });

  test('shows the document of a shared URL without running it', async () => {
    const document = 'query Shared { settings { __typename } }';
    await Promise.all([schemaArrives(), visitor.arrive(`?query=${encodeURIComponent(document)}`)]);
    await expect.poll(() => visitor.read(visitor.queryEditor)).toBe(document);
    expect(app.log.filter((line) => line.includes('Shared'))).toEqual([]);
    expect((await visitor.run()).data.settings.__typename).toBe('PublicSettings');
    expect(app.log.filter((line) => line.includes('Shared')).length).toBeGreaterThan(0);
  });

  test('cannot reach another server, whatever script runs in it', async () => {
    const reached: string[] = [];
    const elsewhere = createServer((request, response) => {
      reached.push(`${request.method} ${request.url}`);
      response.writeHead(200, { 'access-control-allow-origin': '*' }).end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const { port } = elsewhere.address() as AddressInfo;
    try {
      await visitor.arrive();
      const attempts = await visitor.page.evaluate(async (target) => {
        const loads = (tag: 'img' | 'script' | 'link', properties: object): Promise<string> =>
          new Promise((resolve) => {
            const element = Object.assign(document.createElement(tag), properties);
            element.addEventListener('load', () => resolve('loaded'));
            element.addEventListener('error', () => resolve('refused'));
            document.body.append(element);
          });
        const form = Object.assign(document.createElement('form'), {
          action: `${target}/form`,
          method: 'post',
        });
        document.body.append(form);
        form.submit();
        navigator.sendBeacon(`${target}/beacon`, 'secret');
        return Promise.all([
          fetch(`${target}/fetch`).then(
            () => 'loaded',
            () => 'refused',
          ),
          loads('img', { src: `${target}/image` }),
          loads('script', { src: `${target}/script` }),
          loads('link', { rel: 'stylesheet', href: `${target}/style` }),
        ]);
      }, `http://127.0.0.1:${port}`);
      expect(attempts).toEqual(['refused', 'refused', 'refused', 'refused']);
      expect(reached).toEqual([]);
      expect(visitor.page.url()).toBe(`${app.url}/graphql`);
    } finally {
      elsewhere.closeAllConnections();
      await new Promise((resolve) => elsewhere.close(resolve));
    }
  });

  test('loads less than two megabytes on the first visit, and hardly anything on the next', async () => {
    const [schema] = await Promise.all([schemaArrives(), visitor.arrive()]);
    await schema.finished();
    const { length } = visit.requests;
    expect(await bytesOf(visit.requests, app.url)).toBeLessThan(FIRST_VISIT_BYTES);

    await Promise.all([schemaArrives(), visitor.arrive()]);
    expect(await bytesOf(visit.requests.slice(length), app.url)).toBeLessThan(NEXT_VISIT_BYTES);
  });
});

/** The bytes received from the server. */
async function bytesOf(requests: Visit['requests'], origin: string): Promise<number> {
  const sizes = await Promise.all(
    requests
      .filter((request) => request.url().startsWith(`${origin}/`) && request.failure() === null)
      .map((request) => request.sizes()),
  );
  return sizes.reduce((sum, size) => sum + size.responseHeadersSize + size.responseBodySize, 0);
}
