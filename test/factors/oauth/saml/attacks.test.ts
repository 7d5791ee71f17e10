// Answers of a SAML provider that are not what they should be, against a real one. Each is refused for its own reason, which
// only the log says.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestApp } from '../../../harness/app.ts';
import {
  newSigningKey,
  SamlIdentityProvider,
  type SigningKey,
  TRANSIENT,
} from '../../../harness/saml-provider.ts';
import { query } from '../../../harness/sql.ts';
import { appWith } from '../visits.ts';
import { SamlPerson, samlEntry } from './visits.ts';

const VICTIM = 'victim-of-an-attack';
const ALWAYS = { signUp: 'always' };

let provider: SamlIdentityProvider;
let other: SamlIdentityProvider;
let own: SigningKey;
let stranger: SigningKey;
let app: TestApp;
let person: SamlPerson;

beforeAll(async () => {
  provider = await SamlIdentityProvider.create('a');
  other = await SamlIdentityProvider.create('b');
  own = provider.key;
  stranger = await newSigningKey();
  app = await appWith([samlEntry('a', provider, ALWAYS), samlEntry('b', other, ALWAYS)]);
  provider.visitor = { nameId: VICTIM };
  expect((await new SamlPerson(app).signIn(provider, 'a')).status).toBe('COMPLETE');
});
afterAll(() => app[Symbol.asyncDispose]());

beforeEach(() => {
  for (const one of [provider, other]) {
    one.visitor = { nameId: randomUUID() };
    one.signs = 'ASSERTION';
  }
  person = new SamlPerson(app);
  app.log.length = 0;
});
afterEach(() => {
  provider.key = own;
  provider.signatureAlgorithm = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
  for (const one of [provider, other]) {
    one.change = (xml) => xml;
    one.tamper = (xml) => xml;
  }
});

const isRefused = { __typename: 'ProofRejected', code: 'PROOF_REJECTED' };
const reasons = (): string =>
  app.log
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === 'a sign-in at an identity provider failed')
    .map(({ reason }) => reason)
    .join('; ');

/** A whole sign-in, which must be refused for this reason. */
async function refused(reason: string): Promise<void> {
  expect(await person.signIn(provider, 'a')).toMatchObject(isRefused);
  expect(reasons()).toContain(reason);
}

/** What an attacker cuts out of a response in order to put it together in another way. */
function cut(xml: string) {
  const assertion = /<saml:Assertion.*<\/saml:Assertion>/s.exec(xml)?.[0] ?? '';
  const signature = /<ds:Signature.*?<\/ds:Signature>/s.exec(assertion)?.[0] ?? '';
  const bare = assertion.replace(signature, '');
  const evil = bare.replace(/<saml:NameID([^>]*)>[^<]*/, `<saml:NameID$1>${VICTIM}`);
  const another = evil.replace(/ ID="[^"]*"/, ' ID="_evil"');
  if (signature === '' || !another.includes(VICTIM)) throw new Error('The response has another form.');
  return { assertion, signature, bare, evil, another };
}

const inside = (parent: string, child: string): string =>
  parent.replace(/<\/(saml|samlp|ds):\w+>$/, `${child}$&`);
const afterIssuer = (parent: string, child: string): string =>
  parent.replace('</saml:Issuer>', `</saml:Issuer>${child}`);

describe('signature wrapping: the signed element is the one that is read', () => {
  const wrappings: readonly [string, 'ASSERTION' | 'BOTH', (xml: string) => string, string][] = [
    [
      'XSW1: the signed response is inside the signature of another one',
      'BOTH',
      (xml) => {
        const signature = /<ds:Signature.*?<\/ds:Signature>/s.exec(xml)?.[0] ?? '';
        const { another, assertion } = cut(xml.replace(signature, ''));
        const outer = xml
          .replace(signature, '')
          .replace(assertion, another)
          .replace(/ ID="[^"]*"/, ' ID="_evil-response"');
        return afterIssuer(outer, inside(signature, xml.replace(signature, '')));
      },
      'one assertion',
    ],
    [
      'XSW2: the signed response is beside the signature of another one',
      'BOTH',
      (xml) => {
        const signature = /<ds:Signature.*?<\/ds:Signature>/s.exec(xml)?.[0] ?? '';
        const { another, assertion } = cut(xml.replace(signature, ''));
        const outer = xml
          .replace(signature, '')
          .replace(assertion, another)
          .replace(/ ID="[^"]*"/, ' ID="_evil-response"');
        return afterIssuer(outer, `${xml.replace(signature, '')}${signature}`);
      },
      'one assertion',
    ],
    [
      'XSW3: another assertion before the signed one',
      'ASSERTION',
      (xml) => {
        const { assertion, another } = cut(xml);
        return xml.replace(assertion, `${another}${assertion}`);
      },
      'one assertion',
    ],
    [
      'XSW4: the signed assertion inside another one',
      'ASSERTION',
      (xml) => {
        const { assertion, another } = cut(xml);
        return xml.replace(assertion, inside(another, assertion));
      },
      'one assertion',
    ],
    [
      'XSW5: another assertion has the signature, and the signed one follows',
      'ASSERTION',
      (xml) => {
        const { assertion, another, signature, bare } = cut(xml);
        return xml.replace(assertion, `${afterIssuer(another, signature)}${bare}`);
      },
      'one assertion',
    ],
    [
      'XSW6: the signed assertion inside the signature of another one',
      'ASSERTION',
      (xml) => {
        const { assertion, another, signature, bare } = cut(xml);
        return xml.replace(assertion, afterIssuer(another, inside(signature, bare)));
      },
      'one assertion',
    ],
    [
      'XSW7: another assertion with the same ID in Extensions',
      'ASSERTION',
      (xml) => {
        const { evil } = cut(xml);
        return afterIssuer(xml, `<samlp:Extensions>${evil}</samlp:Extensions>`);
      },
      'one assertion',
    ],
    [
      'XSW8: the signed assertion in an Object of the signature of another one',
      'ASSERTION',
      (xml) => {
        const { assertion, another, signature, bare } = cut(xml);
        const object = `<ds:Object xmlns:ds="http://www.w3.org/2000/09/xmldsig#">${bare}</ds:Object>`;
        return xml.replace(assertion, afterIssuer(another, inside(signature, object)));
      },
      'one assertion',
    ],
    [
      'the signed assertion under another name, in an Object',
      'ASSERTION',
      (xml) => {
        const { assertion, another, signature, bare } = cut(xml);
        const renamed = bare.replaceAll(/(<\/?saml:)Assertion/g, '$1Advice');
        const object = `<ds:Object xmlns:ds="http://www.w3.org/2000/09/xmldsig#">${renamed}</ds:Object>`;
        return xml.replace(assertion, afterIssuer(another, inside(signature, object)));
      },
      'the parts of a signature',
    ],
    [
      'the only assertion is in Extensions',
      'ASSERTION',
      (xml) => {
        const { assertion } = cut(xml);
        return afterIssuer(xml.replace(assertion, ''), `<samlp:Extensions>${assertion}</samlp:Extensions>`);
      },
      'one assertion',
    ],
    [
      'another element with the ID of the assertion',
      'ASSERTION',
      (xml) => {
        const id = / ID="([^"]*)"/.exec(cut(xml).assertion)?.[1];
        return afterIssuer(xml, `<samlp:Extensions><x xmlns="urn:x" id="${id}"/></samlp:Extensions>`);
      },
      'the same ID',
    ],
    [
      'a second signature of the assertion',
      'ASSERTION',
      (xml) => {
        const { signature } = cut(xml);
        return xml.replace(signature, `${signature}${signature}`);
      },
      'two signatures',
    ],
    [
      'a signature in another place',
      'ASSERTION',
      (xml) => afterIssuer(xml, `<samlp:Extensions>${cut(xml).signature}</samlp:Extensions>`),
      'a signature is in another place',
    ],
    [
      'an assertion of another namespace',
      'ASSERTION',
      (xml) => xml.replace('<saml:Assertion ', '<saml:Assertion xmlns:saml="urn:another" '),
      'no signature',
    ],
  ];
  test.each(wrappings)('%s', async (_name, signs, tamper, reason) => {
    provider.signs = signs;
    provider.tamper = tamper;
    await refused(reason);
  });
});

describe('signatures', () => {
  const NO_SIGNATURE = 'no signature of a configured certificate';

  test('an assertion without one, though the response has one, and a response without any', async () => {
    provider.signs = 'RESPONSE';
    await refused('the assertion is not signed');
    provider.signs = 'ASSERTION';
    provider.tamper = (xml) => xml.replace(cut(xml).signature, '');
    app.log.length = 0;
    await refused('the assertion is not signed');
  });

  test('a response that is signed as a whole is accepted, unless that signature is wrong', async () => {
    provider.signs = 'BOTH';
    expect((await person.signIn(provider, 'a')).status).toBe('COMPLETE');
    // The signature of the assertion still holds.
    provider.tamper = (xml) => xml.replace(/IssueInstant="[^"]*"/, 'IssueInstant="2026-01-01T00:00:00Z"');
    await refused(NO_SIGNATURE);
  });

  test('a certificate in the response is not trusted', async () => {
    provider.key = stranger;
    await refused(NO_SIGNATURE);
  });

  test('a name, an attribute or a time that was changed after signing', async () => {
    const changes: readonly ((xml: string) => string)[] = [
      (xml) => xml.replace(/(<saml:NameID[^>]*>)[^<]*/, `$1${VICTIM}`),
      (xml) => xml.replace(/AuthnInstant="[^"]*"/, `AuthnInstant="${new Date().toISOString()}"`),
      (xml) => xml.replace(/NotOnOrAfter="[^"]*"/, 'NotOnOrAfter="2099-01-01T00:00:00Z"'),
      (xml) => xml.replace(/(<saml:Audience>)/, '$1 '),
    ];
    for (const change of changes) {
      provider.tamper = change;
      app.log.length = 0;
      await refused(NO_SIGNATURE);
    }
  });

  test('SHA-1', async () => {
    provider.signatureAlgorithm = 'http://www.w3.org/2000/09/xmldsig#rsa-sha1';
    await refused('the algorithm of a signature');
  });

  const METHOD = '<ds:SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/>';
  test.each<[string, (xml: string) => string, string]>([
    [
      'a digest by SHA-1',
      (xml) => xml.replace(/(<ds:DigestMethod Algorithm=")[^"]*/, '$1http://www.w3.org/2000/09/xmldsig#sha1'),
      'the algorithm of a signature',
    ],
    [
      'an HMAC, whose key would be the public certificate',
      (xml) =>
        xml.replace(
          /(<ds:SignatureMethod Algorithm=")[^"]*/,
          '$1http://www.w3.org/2000/09/xmldsig#hmac-sha1',
        ),
      'the algorithm of a signature',
    ],
    [
      'a canonicalization with comments',
      (xml) => xml.replace(/(<ds:CanonicalizationMethod Algorithm="[^"]*)/, '$1WithComments'),
      'the canonicalization of a signature',
    ],
    [
      'a transform that chooses what is signed',
      (xml) =>
        xml.replace(
          /(<ds:Transform Algorithm=")[^"]*xml-exc-c14n#/,
          '$1http://www.w3.org/TR/1999/REC-xpath-19991116',
        ),
      'the transforms of a signature',
    ],
    [
      'a reference to the whole document',
      (xml) => xml.replace(/<ds:Reference URI="[^"]*"/, '<ds:Reference URI=""'),
      'the reference of a signature',
    ],
    [
      'a second reference',
      (xml) => xml.replace(/<ds:Reference.*<\/ds:Reference>/s, '$&$&'),
      'the parts of a signature',
    ],
    [
      'a second SignatureMethod, which the library would find first',
      (xml) => xml.replace(/<ds:KeyInfo>/, `<ds:KeyInfo>${METHOD}`),
      'the parts of a signature',
    ],
    [
      'a second SignedInfo',
      (xml) => xml.replace(/<ds:SignedInfo.*<\/ds:SignedInfo>/s, '$&$&'),
      'the parts of a signature',
    ],
  ])('%s', async (_name, tamper, reason) => {
    provider.tamper = tamper;
    await refused(reason);
  });
});

describe('XML that two parsers could read differently', () => {
  const MARKUP = 'it has a document type';
  const inName = (text: string) => (xml: string) =>
    xml.replace(/(<saml:NameID[^>]*>)([^<]{4})/, `$1$2${text}`);
  test.each<[string, (xml: string) => string, string]>([
    ['a comment inside the signed name', inName('<!-- -->'), MARKUP],
    ['CDATA inside the signed name', inName('<![CDATA[]]>'), MARKUP],
    ['a processing instruction inside the signed name', inName('<?x ?>'), MARKUP],
    ['a document type', (xml) => `<!DOCTYPE samlp:Response>${xml}`, MARKUP],
    [
      'entities that grow (billion laughs)',
      (xml) => `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${inName('&b;')(xml)}`,
      MARKUP,
    ],
    [
      'an external entity',
      (xml) => `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${inName('&a;')(xml)}`,
      MARKUP,
    ],
    ['an entity that nobody has declared', inName('&a;'), 'it is not well-formed'],
    ['two roots', (xml) => `${xml}<x/>`, 'it is not well-formed'],
    ['an element that does not end', (xml) => xml.replace('</samlp:Response>', ''), 'it is not well-formed'],
    [
      'an attribute twice',
      (xml) => xml.replace(' Version=', ' Version="2.0" Version='),
      'it is not well-formed',
    ],
    [
      'an attribute without quotes',
      (xml) => xml.replace('Version="2.0"', 'Version=2.0'),
      'it is not well-formed',
    ],
    ['a character that XML does not allow', inName('\u0001'), 'characters that XML does not allow'],
    [
      'elements nested deeply',
      (xml) => xml.replace('<samlp:Status>', `${'<x>'.repeat(5000)}${'</x>'.repeat(5000)}<samlp:Status>`),
      'nested too deeply',
    ],
    ['text instead of XML', () => 'not XML', 'it is not well-formed'],
    ['nothing of SAML', () => '<html/>', 'it is not a SAML 2.0 response'],
    ['SAML 1.1', (xml) => xml.replace('Version="2.0"', 'Version="1.1"'), 'it is not a SAML 2.0 response'],
  ])('%s', async (_name, tamper, reason) => {
    provider.tamper = tamper;
    await refused(reason);
  });

  test('a name with elements inside it, even if the provider signs it', async () => {
    provider.change = inName('<x xmlns=""/>');
    await refused('the NameID has elements inside it');
  });

  test.each<[string, (form: URLSearchParams) => void]>([
    [
      'more than 128 KiB of XML',
      (form) => form.set('SAMLResponse', Buffer.alloc(131_073, 65).toString('base64')),
    ],
    ['no UTF-8', (form) => form.set('SAMLResponse', Buffer.from('<x>ü</x>', 'latin1').toString('base64'))],
    ['no base64', (form) => form.set('SAMLResponse', `${form.get('SAMLResponse')}!`)],
    ['two responses', (form) => form.append('SAMLResponse', String(form.get('SAMLResponse')))],
    ['two states', (form) => form.append('RelayState', String(form.get('RelayState')))],
    ['no response', (form) => form.delete('SAMLResponse')],
  ])('the callback keeps no form with %s', async (_name, change) => {
    const { id } = await person.client.startSignIn({});
    const form = await person.answerOf(provider, 'a', await person.ask(id, 'a'));
    change(form);
    expect((await person.post('a', form)).status).toBe(400);
  });

  test('a larger form is refused unread', async () => {
    const form = new URLSearchParams({ SAMLResponse: 'A'.repeat(300_000), RelayState: 'x' });
    expect((await person.post('a', form)).status).toBe(413);
  });
});

describe('an assertion that was made for something else, even if the provider signs it', () => {
  const FOREIGN = 'https://elsewhere.example.com';
  const seconds = (from: number) => new Date(Date.now() + from * 1000).toISOString();
  const attribute =
    (name: string, value: string, times: 'first' | 'last' | 'all' = 'all') =>
    (xml: string) => {
      const pattern = new RegExp(` ${name}="[^"]*"`, 'g');
      let at = 0;
      const count = xml.match(pattern)?.length ?? 0;
      return xml.replaceAll(pattern, (found) => {
        at += 1;
        const isChanged = times === 'all' || (times === 'first' ? at === 1 : at === count);
        return isChanged ? (value === '' ? '' : ` ${name}="${value}"`) : found;
      });
    };
  const CONFIRMATION = /<saml:SubjectConfirmation .*<\/saml:SubjectConfirmation>/s;

  test.each<[string, (xml: string) => string, string]>([
    [
      'another audience',
      (xml) => xml.replace(/(<saml:Audience>)[^<]*/, `$1${FOREIGN}`),
      'or another audience',
    ],
    [
      'no audience',
      (xml) => xml.replace(/<saml:AudienceRestriction>.*<\/saml:AudienceRestriction>/, ''),
      'audience',
    ],
    [
      'two restrictions, one of them for another server',
      (xml) =>
        xml.replace(
          /<saml:AudienceRestriction>.*<\/saml:AudienceRestriction>/,
          (one) => `${one}${one.replace(/(<saml:Audience>)[^<]*/, `$1${FOREIGN}`)}`,
        ),
      'audience',
    ],
    ['another Destination', attribute('Destination', FOREIGN), 'its Destination is another'],
    ['no Destination', attribute('Destination', ''), 'its Destination is another'],
    ['another Recipient', attribute('Recipient', FOREIGN), 'the Recipient is another'],
    ['no Recipient', attribute('Recipient', ''), 'the Recipient is another'],
    [
      'another issuer of the response',
      (xml) => xml.replace(/(<saml:Issuer>)[^<]*/, `$1${FOREIGN}`),
      'its Issuer is another',
    ],
    [
      'another issuer of the assertion',
      (xml) => xml.replace(/(<saml:Assertion.*?<saml:Issuer>)[^<]*/s, `$1${FOREIGN}`),
      'the issuer of the assertion is another',
    ],
    [
      'another request',
      attribute('InResponseTo', '_another', 'first'),
      'its InResponseTo is missing or another',
    ],
    ['no request', attribute('InResponseTo', ''), 'its InResponseTo is missing or another'],
    ['another request in the assertion', attribute('InResponseTo', '_another', 'last'), 'no signature'],
    ['no request in the assertion', attribute('InResponseTo', '', 'last'), 'answers no request or another'],
    [
      'a confirmation that has expired',
      attribute('NotOnOrAfter', seconds(-11), 'first'),
      'NotOnOrAfter has passed',
    ],
    [
      'conditions that have expired',
      attribute('NotOnOrAfter', seconds(-11), 'last'),
      'NotOnOrAfter has passed',
    ],
    ['a confirmation without an end', attribute('NotOnOrAfter', '', 'first'), 'no signature'],
    ['conditions without an end', attribute('NotOnOrAfter', '', 'last'), 'no signature'],
    [
      'an assertion that is not valid yet',
      attribute('NotBefore', seconds(86_400)),
      'NotBefore is in the future',
    ],
    ['an assertion from the future', attribute('IssueInstant', seconds(86_400)), 'issued in the future'],
    [
      'a session that has ended',
      (xml) => xml.replace('SessionIndex="one"', `SessionNotOnOrAfter="${seconds(-60)}"`),
      'SessionNotOnOrAfter has passed',
    ],
    ['no AuthnInstant', attribute('AuthnInstant', ''), 'AuthnInstant is missing'],
    [
      'an AuthnInstant without a time zone',
      attribute('AuthnInstant', '2026-11-30T00:00:00'),
      'AuthnInstant is missing or not a time',
    ],
    [
      'no AuthnStatement',
      (xml) => xml.replace(/<saml:AuthnStatement.*<\/saml:AuthnStatement>/, ''),
      'one AuthnStatement',
    ],
    ['no conditions', (xml) => xml.replace(/<saml:Conditions.*<\/saml:Conditions>/, ''), 'no signature'],
    ['no subject', (xml) => xml.replace(/<saml:Subject>.*<\/saml:Subject>/, ''), 'one Subject'],
    [
      'a condition that nobody here understands',
      (xml) => xml.replace('</saml:Conditions>', '<saml:Condition/></saml:Conditions>'),
      'condition that is not supported',
    ],
    [
      'two confirmations',
      (xml) => xml.replace(CONFIRMATION, (one) => `${one}${one}`),
      'one bearer confirmation',
    ],
    [
      'a confirmation by a key',
      (xml) => xml.replace('cm:bearer', 'cm:holder-of-key'),
      'one bearer confirmation',
    ],
    [
      'a transient name',
      (xml) => xml.replace(/nameid-format:persistent/, TRANSIENT.slice(TRANSIENT.indexOf('nameid-format'))),
      'another format than nameIdFormat',
    ],
    [
      'a name of another format',
      (xml) => xml.replace(/<saml:NameID[^>]*>/, '<saml:NameID>'),
      'another format than nameIdFormat',
    ],
    [
      'a name that another provider has given',
      (xml) => xml.replace('<saml:NameID ', `<saml:NameID NameQualifier="${FOREIGN}" `),
      'NameQualifier of the NameID is another',
    ],
    [
      'a name for another server',
      (xml) => xml.replace('<saml:NameID ', `<saml:NameID SPNameQualifier="${FOREIGN}" `),
      'SPNameQualifier of the NameID is another',
    ],
    ['an empty name', (xml) => xml.replace(/(<saml:NameID[^>]*>)[^<]*/, '$1'), 'the subject is not right'],
    [
      'a name with space around it',
      (xml) => xml.replace(/(<saml:NameID[^>]*>)/, '$1 '),
      'the subject is not right',
    ],
    [
      'a status that is not success',
      (xml) => xml.replace('status:Success', 'status:Responder'),
      'the provider has answered Responder',
    ],
    [
      'something encrypted',
      (xml) => xml.replace('</saml:AuthnStatement>', '</saml:AuthnStatement><saml:EncryptedID/>'),
      'encryption is not supported',
    ],
  ])('%s', async (_name, change, reason) => {
    provider.change = change;
    await refused(reason);
  });

  test('clocks may differ by a few seconds', async () => {
    provider.change = (xml) =>
      attribute('NotBefore', seconds(5))(attribute('NotOnOrAfter', seconds(-1))(xml));
    expect((await person.signIn(provider, 'a')).status).toBe('COMPLETE');
  });

  test('qualifiers that say what is expected are accepted', async () => {
    const own = `NameQualifier="${provider.entityId}" SPNameQualifier="http://localhost:4000/metadata/a"`;
    provider.change = (xml) => xml.replace('<saml:NameID ', `<saml:NameID ${own} `);
    expect((await person.signIn(provider, 'a')).status).toBe('COMPLETE');
  });
});

describe('I1: an answer belongs to one request, one provider and one browser', () => {
  test('a sign-in that the provider begins is refused', async () => {
    const { id } = await person.client.startSignIn({});
    const form = await person.answerOf(provider, 'a', await person.ask(id, 'a'));
    form.delete('RelayState');
    expect((await person.post('a', form)).status).toBe(400);
    form.set('RelayState', 'A'.repeat(43));
    expect((await person.post('a', form)).status).toBe(400);
  });

  test('the answer of provider A in the flow of B is refused, at either callback', async () => {
    const [ofA, ofB] = [await person.client.startSignIn({}), await person.client.startSignIn({})];
    const fromA = await person.answerOf(provider, 'a', await person.ask(ofA.id, 'a'));
    const urlOfB = await person.ask(ofB.id, 'b');
    const state = new URL(urlOfB).searchParams.get('RelayState') ?? '';
    fromA.set('RelayState', state);
    expect((await person.post('a', fromA)).status).toBe(400);
    expect(await person.attempt(ofB.id, await person.deliver('b', fromA))).toMatchObject(isRefused);
    expect(reasons()).toContain('Destination');
    // B, which is hostile, answers its own request in the name of A.
    other.visitor = { nameId: VICTIM };
    other.change = (xml) => xml.replaceAll(other.entityId, provider.entityId);
    expect(await person.attempt(ofB.id, await person.visit(ofB.id, other, 'b'))).toMatchObject(isRefused);
    expect(reasons()).toContain('Issuer is another');
  });

  test('B, whose users have the same names, signs in nobody of A', async () => {
    other.visitor = { nameId: VICTIM };
    const [ofA, ofB] = [await ownerOf(VICTIM), (await person.signIn(other, 'b')).status];
    expect(ofB).toBe('COMPLETE');
    expect(await ownerOf(VICTIM)).toHaveLength(ofA.length + 1);
  });

  test('the callback hands a code only to the browser that has asked, and only its proof counts', async () => {
    const { id } = await person.client.startSignIn({});
    const form = await person.answerOf(provider, 'a', await person.ask(id, 'a'));
    const location = (await person.post('a', form)).headers.get('location') ?? '';
    expect(location).toMatch(/^\/callback\/a\?code=[\w-]{43}&state=[\w-]{43}$/);
    const thief = new SamlPerson(app);
    await thief.ask((await thief.client.startSignIn({})).id, 'a');
    for (const headers of [{}, thief.headers])
      expect((await fetch(`${app.url}${location}`, { redirect: 'manual', headers })).status).toBe(400);
    const { code, state } = Object.fromEntries(new URLSearchParams(location.split('?')[1]));
    const proof = { providerId: 'a', code, state };
    expect(await thief.attempt(id, proof)).toMatchObject(isRefused);
    expect((await person.attempt(id, proof)).status).toBe('COMPLETE');
  });

  test('the code of one request is worth nothing in another, nor after a while', async () => {
    const [one, two] = [await person.client.startSignIn({}), await person.client.startSignIn({})];
    const first = await person.visit(one.id, provider, 'a');
    const second = await person.visit(two.id, provider, 'a');
    expect(await person.attempt(two.id, { ...second, code: first['code'] })).toMatchObject(isRefused);
    await query(app.databaseUrl, "update saml_response set expires_at = now() - interval '1 second'");
    expect(await person.attempt(one.id, first)).toMatchObject(isRefused);
    expect(reasons()).toContain('no such response is waiting');
  });
});

const ownerOf = (subject: string) =>
  query(app.databaseUrl, 'select user_id from identity where subject = $1', [subject]);

describe('I2: requests, codes and assertions are used once', () => {
  test('the same proof, and the same form, a second time', async () => {
    const { id } = await person.client.startSignIn({});
    const form = await person.answerOf(provider, 'a', await person.ask(id, 'a'));
    const proof = await person.deliver('a', form);
    expect((await person.attempt(id, proof)).status).toBe('COMPLETE');
    expect((await person.attempt(id, proof)).code).toBe('WORKFLOW_ENDED');
    expect((await person.post('a', form)).status).toBe(400);
  });

  test('of parallel attempts with one code, and with several codes for one response, one is accepted', async () => {
    const { id } = await person.client.startSignIn({});
    const form = await person.answerOf(provider, 'a', await person.ask(id, 'a'));
    const proofs = [await person.deliver('a', form), await person.deliver('a', form)];
    const replies = await Promise.all([...proofs, ...proofs].map((proof) => person.attempt(id, proof)));
    expect(replies.filter(({ status }) => status === 'COMPLETE')).toHaveLength(1);
  });

  test('an assertion that was used, in an answer to another request', async () => {
    const used = ' ID="_used-before"';
    provider.change = (xml) => xml.replace(/(<saml:Assertion) ID="[^"]*"/, `$1${used}`);
    expect((await person.signIn(provider, 'a')).status).toBe('COMPLETE');
    await refused('the assertion was used before');
  });

  test('a hostile response does not end the sign-in that waits', async () => {
    const { id } = await person.client.startSignIn({});
    const url = await person.ask(id, 'a');
    // Somebody who knows the id of the request, and not its state.
    provider.key = stranger;
    const forged = await person.answerOf(provider, 'a', url);
    provider.key = own;
    const unbound = new URLSearchParams(forged);
    unbound.set('RelayState', 'A'.repeat(43));
    expect((await person.post('a', unbound)).status).toBe(400);
    // Somebody who knows both, also if the browser itself delivers it.
    expect(await person.attempt(id, await person.deliver('a', forged))).toMatchObject(isRefused);
    const right = await person.answerOf(provider, 'a', url);
    for (let times = 0; times < 5; times += 1) await person.post('a', forged);
    expect((await person.attempt(id, await person.deliver('a', right))).status).toBe('COMPLETE');
  });

  test('for one request, few responses are kept', async () => {
    const { id } = await person.client.startSignIn({});
    const form = await person.answerOf(provider, 'a', await person.ask(id, 'a'));
    await query(app.databaseUrl, 'delete from saml_response');
    await Promise.all(Array.from({ length: 8 }, () => person.post('a', form)));
    expect(await query(app.databaseUrl, 'select digest from saml_response')).toHaveLength(3);
  });
});

describe('restarts and switched-off providers', () => {
  test('a sign-in goes on after a restart in the middle; I5: not after its provider was switched off', async () => {
    const [kept, lost] = [await person.client.startSignIn({}), await person.client.startSignIn({})];
    const ofKept = await person.visit(kept.id, provider, 'a');
    const ofLost = await person.visit(lost.id, other, 'b');
    await using restarted = await appWith([samlEntry('a', provider, ALWAYS)], {}, app.databaseUrl);
    const there = new SamlPerson(restarted);
    there.browser = person.browser;
    expect((await there.attempt(kept.id, ofKept)).status).toBe('COMPLETE');
    expect((await there.attempt(lost.id, ofLost)).code).toMatch(/PROOF_REJECTED|FACTOR_NOT_OFFERED/);
  });

  test('a certificate that was taken out of the configuration counts no more; of two, either does', async () => {
    const [old, next] = [own.certificate, stranger.certificate];
    const terms = { entityId: provider.entityId, ssoUrl: provider.ssoUrl, metadata: undefined };
    const entry = (certificates: string[]) => samlEntry('a', provider, ALWAYS, { ...terms, certificates });
    const statuses: unknown[] = [];
    for (const certificates of [[old, next], [next]]) {
      await using other = await appWith([entry(certificates)], {}, app.databaseUrl);
      for (const key of [own, stranger]) {
        provider.key = key;
        statuses.push((await new SamlPerson(other).signIn(provider, 'a')).status ?? 'REFUSED');
      }
    }
    expect(statuses).toEqual(['COMPLETE', 'COMPLETE', 'REFUSED', 'COMPLETE']);
  });
});

test('no response, name, state or code is in the log, in an audit row or in a snapshot', async () => {
  const { id } = await person.client.startSignIn({});
  provider.visitor = { nameId: 'name-in-the-assertion', attributes: { email: 'jane@secret.example' } };
  const form = await person.answerOf(provider, 'a', await person.ask(id, 'a'));
  const proof = await person.deliver('a', form);
  const kept = JSON.stringify(await query(app.databaseUrl, 'select * from saml_response'));
  expect((await person.attempt(id, proof)).status).toBe('COMPLETE');
  provider.tamper = (xml) => xml.replace('name-in-the-assertion', 'another-name');
  await refused('no signature');
  const rows = JSON.stringify([
    await query(app.databaseUrl, 'select snapshot, subject from workflow'),
    await query(app.databaseUrl, 'select * from audit_event'),
    await query(app.databaseUrl, 'select * from challenge'),
  ]);
  const canaries = [
    form.get('SAMLResponse')?.slice(0, 60),
    proof['state'],
    proof['code'],
    'name-in-the-assertion',
    'another-name',
    'jane@secret.example',
  ];
  for (const canary of canaries) {
    expect(canary).toBeTruthy();
    for (const place of [app.log.join(), rows, kept]) expect(place).not.toContain(String(canary));
  }
});
