// A browser for tests: headless Chromium, with a new profile for each visit and a record of all requests and errors of
// its pages.
import { access } from 'node:fs/promises';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Request,
} from 'playwright-core';

const SWITCHES = [
  '--disable-gpu',
  '--disable-quic',
  // Without these flags Chromium contacts Google's servers.
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // These two limit it to this machine.
  '--no-proxy-server',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

/** @param switches of Chromium, which replace ours of the same name. @throws when Chromium is not installed, with a message that says what to do. */
export async function launchChromium(switches: readonly string[] = []): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
  await access(executablePath).catch(() => {
    throw new Error(
      `Chromium not found at ${executablePath}. Install it, for example with \`apt-get install chromium\`, or set CHROMIUM_PATH to its path.`,
    );
  });
  return chromium.launch({ executablePath, args: [...SWITCHES, ...switches] });
}

export interface Visit {
  readonly context: BrowserContext;
  /** The requests of the pages and their workers. */
  readonly requests: readonly Request[];
  /** Errors and warnings: a missing resource, a failed worker, a violated policy. */
  readonly complaints: readonly string[];
}

/** A new profile without cache or storage. @param options the properties of the device. */
export async function beginVisit(browser: Browser, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1400, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  });
  context.setDefaultTimeout(20_000);
  const requests: Request[] = [];
  const complaints: string[] = [];
  context.on('request', (request) => requests.push(request));
  context.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? '';
    // Requests that are cancelled by leaving a page are not errors.
    if (reason !== 'net::ERR_ABORTED') complaints.push(`${request.url().slice(0, 200)}: ${reason}`);
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  return { context, requests, complaints };
}

/** The origins of requests. A data URI has none, and the origin of a blob is its page. */
export function originsOf(requests: readonly Request[]): string[] {
  const urls = requests.map((request) => new URL(request.url()));
  return [...new Set(urls.filter(({ protocol }) => protocol !== 'data:').map(({ origin }) => origin))];
}
