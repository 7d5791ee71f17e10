// A real SAML identity provider, samlify, in the process of the test. Whoever comes is signed in as the person whom the test
// has chosen. A test changes what it says before it signs, or afterwards, as an attacker would.
import 'reflect-metadata'; // before @peculiar/x509
import { randomUUID } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import * as x509 from '@peculiar/x509';
import { IdentityProvider, SamlLib, ServiceProvider, setSchemaValidator } from 'samlify';

setSchemaValidator({ validate: async () => 'not validated' });

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
} as const;
const DAY_MS = 86_400_000;

export interface SigningKey {
  /** PKCS #8 in PEM. */
  readonly privateKey: string;
  readonly certificate: string;
}

export async function newSigningKey({ days = 365, bits = 2048 } = {}): Promise<SigningKey> {
  const keys = await crypto.subtle.generateKey({ ...RSA, modulusLength: bits }, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Identity provider',
    keys,
    signingAlgorithm: RSA,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + days * DAY_MS),
  });
  const exported = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const lines = exported.toString('base64').replaceAll(/.{64}/g, '$&\n');
  return {
    privateKey: `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----`,
    certificate: certificate.toString('pem'),
  };
}

export const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
export const TRANSIENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';
export const PASSWORD_CLASS = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport';

export interface SamlVisitor {
  readonly nameId: string;
  readonly format?: string;
  readonly attributes?: Readonly<Record<string, string | readonly string[]>>;
  readonly contextClass?: string;
  readonly authenticatedAt?: Date;
}

const SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';

/** Tags in braces are filled by the provider. */
const RESPONSE = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{ResponseId}" Version="2.0" IssueInstant="{Now}" Destination="{Callback}" InResponseTo="{RequestId}"><saml:Issuer>{Issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:Assertion ID="{AssertionId}" Version="2.0" IssueInstant="{Now}"><saml:Issuer>{Issuer}</saml:Issuer><saml:Subject><saml:NameID Format="{Format}">{NameId}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="{Until}" Recipient="{Callback}" InResponseTo="{RequestId}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{Now}" NotOnOrAfter="{Until}"><saml:AudienceRestriction><saml:Audience>{Audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{AuthenticatedAt}" SessionIndex="one"><saml:AuthnContext><saml:AuthnContextClassRef>{Class}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>{Attributes}</saml:Assertion></samlp:Response>`;

export type Signs = 'ASSERTION' | 'BOTH' | 'RESPONSE';

export class SamlIdentityProvider {
  readonly entityId: string;
  readonly ssoUrl: string;
  key: SigningKey;
  visitor: SamlVisitor = { nameId: 'nobody' };
  signs: Signs = 'ASSERTION';
  signatureAlgorithm = SHA256;
  wantsSignedRequests = false;
  /** Changes the response before it is signed. */
  change: (xml: string) => string = (xml) => xml;
  /** Changes it afterwards. */
  tamper: (xml: string) => string = (xml) => xml;
  /** The last request, in XML. */
  request = '';

  private constructor(name: string, key: SigningKey) {
    this.entityId = `https://${name}.example.com/saml`;
    this.ssoUrl = `https://${name}.example.com/sso?tenant=1`;
    this.key = key;
  }

  static async create(name: string): Promise<SamlIdentityProvider> {
    return new SamlIdentityProvider(name, await newSigningKey());
  }

  #entity() {
    const { privateKey, certificate } = this.key;
    return IdentityProvider({
      entityID: this.entityId,
      privateKey,
      signingCert: certificate,
      requestSignatureAlgorithm: this.signatureAlgorithm,
      wantAuthnRequestsSigned: this.wantsSignedRequests,
      singleSignOnService: [
        {
          Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
          Location: this.ssoUrl,
        },
      ],
      // Without one, samlify warns.
      singleLogoutService: [
        { Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', Location: `${this.ssoUrl}&out` },
      ],
      loginResponseTemplate: { context: RESPONSE, attributes: [] },
    });
  }

  metadata(): string {
    return this.#entity().getMetadata();
  }

  /** What the form has that the provider makes the browser send to the callback. @param serviceMetadata of the server. */
  async answer(url: string, serviceMetadata: string): Promise<URLSearchParams> {
    const query = Object.fromEntries(new URL(url).searchParams);
    this.request = inflateRawSync(Buffer.from(query['SAMLRequest'] ?? '', 'base64')).toString();
    const wanted = this.signs === 'RESPONSE' ? 'WantAssertionsSigned="false"' : 'WantAssertionsSigned="true"';
    const service = ServiceProvider({
      metadata: serviceMetadata.replace(/WantAssertionsSigned="true"/, wanted),
      wantMessageSigned: this.signs !== 'ASSERTION',
    });
    const entity = this.#entity();
    const octetString = new URL(url).search
      .slice(1)
      .split('&')
      .filter((one) => /^(SAMLRequest|RelayState|SigAlg)=/.test(one))
      .join('&');
    const parsed = await entity.parseLoginRequest(service, 'redirect', { query, octetString });
    const answered = parsed as unknown as { extract: { request: { id: string } } };
    const { context } = await entity.createLoginResponse(
      service,
      answered,
      'post',
      {},
      {
        customTagReplacement: (template: string) => ({
          id: 'unused',
          context: this.change(this.#fill(template, answered.extract.request.id, service)),
        }),
      },
    );
    const xml = this.tamper(Buffer.from(context, 'base64').toString());
    return new URLSearchParams({
      SAMLResponse: Buffer.from(xml).toString('base64'),
      RelayState: query['RelayState'] ?? '',
    });
  }

  #fill(template: string, requestId: string, service: ReturnType<typeof ServiceProvider>): string {
    const { nameId, format = PERSISTENT, attributes = {}, ...said } = this.visitor;
    const now = new Date();
    const statement = Object.entries(attributes).map(([name, value]) => {
      const values = [value].flat().map((one) => `<saml:AttributeValue>${one}</saml:AttributeValue>`);
      return `<saml:Attribute Name="${name}">${values.join('')}</saml:Attribute>`;
    });
    const filled = SamlLib.replaceTagsByValue(template, {
      ResponseId: `_${randomUUID()}`,
      AssertionId: `_${randomUUID()}`,
      Now: now.toISOString(),
      Until: new Date(now.getTime() + 300_000).toISOString(),
      Callback: String(service.entityMeta.getAssertionConsumerService('post')),
      Audience: service.entityMeta.getEntityID(),
      RequestId: requestId,
      Issuer: this.entityId,
      Format: format,
      NameId: nameId,
      AuthenticatedAt: (said.authenticatedAt ?? now).toISOString(),
      Class: said.contextClass ?? PASSWORD_CLASS,
    });
    const written =
      statement.length > 0 ? `<saml:AttributeStatement>${statement.join('')}</saml:AttributeStatement>` : '';
    return filled.replace('{Attributes}', written);
  }
}
