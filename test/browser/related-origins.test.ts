// One passkey on two sites: Chromium asks the domain of the passkey whether the other site may use it (WebAuthn Level 3,
// section 5.11). Two names on HTTPS lead to one server here, which passes the requests for Stepgate on.
import 'reflect-metadata'; // for the generator of certificates
import { webcrypto } from 'node:crypto';
import { request } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type X509CertificateCreateSelfSignedParams, X509CertificateGenerator } from '@peculiar/x509';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type * as Client from '../../src/client/index.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { beginVisit, launchChromium } from './chromium.ts';
import { bundledClient, SHOP_PAGE } from './shop.ts';

const STEPGATE = 'https://auth.test';
const SHOP = 'https://shop.test';
const STRANGER = 'https://stranger.test';

let app: TestApp;
let server: Server;
let browser: Browser;

beforeAll(async () => {
  const scripts = await bundledClient();
  app = await startTestApp({
    PUBLIC_URL: STEPGATE,
    PASSKEY_ORIGINS: SHOP,
    CORS_ORIGINS: `${SHOP},${STRANGER}`,
  });
  server = createServer(await certificate(), (incoming, response) => {
    if (incoming.headers.host === new URL(STEPGATE).host) {
      const { method, headers, url } = incoming;
      const outgoing = request(`${app.url}${url}`, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      incoming.pipe(outgoing);
    } else if (scripts.has(incoming.url ?? '')) {
      response.setHeader('content-type', 'text/javascript').end(scripts.get(incoming.url ?? ''));
    } else {
      response.setHeader('content-type', 'text/html').end(SHOP_PAGE);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  browser = await launchChromium([
    `--host-resolver-rules=MAP *.test:443 127.0.0.1:${port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
    '--ignore-certificate-errors',
  ]);
});
afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  await app?.[Symbol.asyncDispose]();
});

async function certificate(): Promise<{ key: string; cert: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const cert = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=example.test',
    signingAlgorithm: algorithm,
    keys: keys as unknown as X509CertificateCreateSelfSignedParams['keys'],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    cert: cert.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----`,
  };
}

test('a passkey of one domain is enrolled and used on the pages of another that the domain names, and on no others', async () => {
  const { accessToken, refreshToken } = await new TestClient(app).signUp();
  const { context } = await beginVisit(browser);
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const open = async (origin: string): Promise<void> => {
    await page.goto(origin);
    await page.waitForFunction(() => globalThis.stepgate !== undefined);
    await page.evaluate((url) => {
      globalThis.client = stepgate.createStepgateClient({ url });
    }, `${STEPGATE}/graphql`);
  };
  const signIn = (): Promise<string> =>
    page.evaluate(async () => {
      const workflow = await client.signIn();
      return workflow.passkey().then(
        ({ status }) => status,
        (error: Client.StepUpError) => error.code,
      );
    });

  await open(SHOP);
  const enrolled = await page.evaluate(
    async (grant) => {
      await client.setSession(grant);
      return (await (await client.enroll({ factor: 'PASSKEY' })).passkey()).status;
    },
    { accessToken, refreshToken },
  );
  expect(enrolled).toBe('COMPLETE');
  const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
  expect(credentials).toMatchObject([{ rpId: 'auth.test' }]);
  expect(await signIn()).toBe('COMPLETE');

  await open(STRANGER);
  expect(await signIn()).toBe('PASSKEY_FAILED');
  await context.close();
});
