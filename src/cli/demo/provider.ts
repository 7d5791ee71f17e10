// The part of the demo about identity providers: a user signs up with the example provider, adds a password and a passkey,
// loses the provider, and still signs in.
import { DemoBrowser } from './browser.ts';
import { startExampleProvider } from './example-provider.ts';
import { askGuarded, expectStep, idOf, ORIGIN, play, SERVER, say, tokenOf } from './play.ts';
import { SoftwareAuthenticator } from './software-authenticator.ts';

const PROVIDER = 'example';
const newPassword = 'a password beside the provider';

/** @returns why it was not played, or null. */
export async function playProvider(): Promise<string | null> {
  if (!(await isOffered())) return 'this server does not offer the example provider.';
  const provider = await startExampleProvider();
  if (typeof provider === 'string') return `the example provider does not start.\n${provider}`;
  const browser = new DemoBrowser();
  const through = browser.send;

  const signUp = await play(26);
  const prepared = await play(27, { workflowId: idOf(signUp), providerId: PROVIDER }, { through });
  const { url } = (prepared['challenge'] as { request: { url: string } }).request;
  const answer = await browser.signInAt(url);
  say('(A new person was chosen at the provider.)');
  const proof = { workflowId: idOf(signUp), proof: { oauth: answer } };
  const accessToken = tokenOf(await expectStep('COMPLETE', 28, proof, { through }));
  await expectStep('WORKFLOW_ENDED', 28, proof, { through }); // an answer works once

  const { emailAddresses } = await play(29, { newPassword }, { accessToken });
  const [{ address: identifier } = { address: '' }] = emailAddresses as readonly { address: string }[];
  const authenticator = new SoftwareAuthenticator({ origin: ORIGIN });
  const passkey = await play(17, { label: 'demo' }, { accessToken });
  const created = authenticator.create(passkey['material'] as Parameters<typeof authenticator.create>[0]);
  await expectStep(
    'COMPLETE',
    18,
    { workflowId: idOf(passkey), proof: { passkey: created } },
    { accessToken },
  );

  await lose(provider.stop, browser);
  const byPassword = idOf(await play(8, { identifier }));
  await expectStep('NEEDS_SECOND_FACTOR', 9, { workflowId: byPassword, proof: { password: newPassword } });
  await expectStep('COMPLETE', 21, await usedPasskey(byPassword));
  const byPasskey = idOf(await play(19));
  await askGuarded(tokenOf(await expectStep('COMPLETE', 21, await usedPasskey(byPasskey))), null);
  return null;

  async function usedPasskey(workflowId: string): Promise<object> {
    const { challenge } = await play(20, { workflowId });
    const { request } = challenge as { request: Parameters<typeof authenticator.get>[0] };
    return { workflowId, proof: { passkey: authenticator.get(request) } };
  }
}

async function isOffered(): Promise<boolean> {
  const response = await fetch(`${SERVER}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ settings { providers { isExample } } }' }),
  });
  const { data } = (await response.json()) as {
    data: { settings: { providers: readonly { isExample: boolean }[] } };
  };
  return data.settings.providers.some(({ isExample }) => isExample);
}

async function lose(stop: (() => Promise<void>) | null, browser: DemoBrowser): Promise<void> {
  if (stop === null)
    return say('(You have started the example provider, so it stays. From here on, it is not used.)');
  await stop();
  say('(The provider was stopped.)');
  const variables = { workflowId: idOf(await play(26)), providerId: PROVIDER };
  await expectStep('PROVIDER_UNAVAILABLE', 27, variables, { through: browser.send });
}
