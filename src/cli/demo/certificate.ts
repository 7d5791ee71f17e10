// The part of the demo about client certificates: a user enrolls one, signs in and steps up with it, and others are refused.
import { request } from 'node:https';
import { json } from 'node:stream/consumers';
import { expectStep, idOf, play, SERVER, type Send, say } from './play.ts';

const PORT = process.env['DEVELOPMENT_TLS_PORT'] ?? '4443';

interface User {
  readonly identifier: string;
  readonly password: string;
  /** With a fresh second factor. */
  readonly accessToken: string;
  /** Of another session. */
  readonly otherAccessToken: string;
}

/** @returns why it was not played, or null. */
export async function playCertificate({
  identifier,
  password,
  accessToken,
  otherAccessToken,
}: User): Promise<string | null> {
  const ca = await pem('ca');
  if (ca === null) return 'this server has no certificates for development.';
  const url = `https://localhost:${PORT}/graphql`;
  const own = presenting(url, ca, (await pem('certificate')) ?? '');
  const isServed = await own('{"query":"{ __typename }"}', JSON_BODY).catch(() => null);
  if (isServed === null) return `the server does not serve ${url}. Set DEVELOPMENT_TLS_PORT to its port.`;
  const others = {
    'a revoked certificate': presenting(url, ca, (await pem('revoked')) ?? ''),
    'a certificate of another authority': presenting(url, ca, (await pem('foreign')) ?? ''),
  };

  const proof = { certificate: true };
  const enrollment = { workflowId: idOf(await play(30, { label: 'demo' }, { accessToken })), proof };
  await expectStep('CERTIFICATE_REFUSED', 31, enrollment, { accessToken }); // over HTTP there is none
  for (const [what, through] of Object.entries(others)) {
    say(`(The next request comes with ${what}.)`);
    await expectStep('CERTIFICATE_REFUSED', 31, enrollment, { accessToken, through });
  }
  say('(The next request comes with a certificate of the server’s authority.)');
  await expectStep('COMPLETE', 31, enrollment, { accessToken, through: own });

  const signIn = idOf(await play(8, { identifier }));
  await expectStep('NEEDS_SECOND_FACTOR', 9, { workflowId: signIn, proof: { password } });
  await expectStep('COMPLETE', 31, { workflowId: signIn, proof }, { through: own });

  // The other session has not proved it yet.
  const session = { accessToken: otherAccessToken };
  const stepUp = idOf(await play(32, { accept: ['CERTIFICATE'], maxAge: 60 }, session));
  await expectStep('COMPLETE', 31, { workflowId: stepUp, proof }, { ...session, through: own });
  return null;
}

const JSON_BODY = { 'content-type': 'application/json' };

/** Null if the server has none. */
async function pem(name: string): Promise<string | null> {
  const response = await fetch(`${SERVER}/dev/${name}.pem`);
  return response.ok ? response.text() : null;
}

/** Sends requests on connections with this certificate. @param ca who issued that of the server. */
function presenting(url: string, ca: string, certificate: string): Send {
  return (body, headers) =>
    new Promise((resolve, reject) => {
      const options = { method: 'POST', headers, ca, cert: certificate, key: certificate, agent: false };
      const sent = request(url, options, (response) => {
        json(response).then(resolve, reject);
      });
      sent.on('error', reject).end(body);
    });
}
