// Verifies a response: its form, its signatures with the pinned certificates, and then, of what is signed, everything else.
import { AnswerRefusedError } from '../answer-refused.ts';
import { type ReadAssertion, readAssertion } from './assertion.ts';
import { nodeSaml, onlyRequest } from './library.ts';
import { requireResponseForm } from './response-form.ts';
import type { SamlProvider } from './saml-provider.ts';

interface Asked {
  readonly requestId: string;
  readonly now: Date;
}

/** @throws {AnswerRefusedError} */
export async function verifyResponse(
  provider: SamlProvider,
  xml: string,
  { requestId, now }: Asked,
): Promise<ReadAssertion> {
  const isSignedAsWhole = requireResponseForm(provider, xml, requestId);
  const saml = await nodeSaml(provider, {
    wantAuthnResponseSigned: isSignedAsWhole,
    cacheProvider: onlyRequest(requestId),
  });
  const signed = await saml
    .validatePostResponseAsync({ SAMLResponse: Buffer.from(xml).toString('base64') })
    .then(({ profile }) => profile?.getAssertionXml?.())
    .catch(() => undefined); // its messages repeat what was sent
  if (signed === undefined)
    throw new AnswerRefusedError('no signature of a configured certificate or another audience');
  return readAssertion(provider, signed, { requestId, now });
}
