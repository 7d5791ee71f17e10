// Reads an assertion whose signature was verified (SAML Core section 2.3.3, Profiles section 4.1.4.3): whether it was made for
// this server, this request and now, and what it says of the user.
import { addSeconds } from '../../../platform/clock.ts';
import { childrenOf, type XmlElement } from '../../../platform/xml.ts';
import { AnswerRefusedError } from '../answer-refused.ts';
import { CLOCK_TOLERANCE_SECONDS } from '../provider.ts';
import { NAME_ID_FORMAT_URNS } from './library.ts';
import { ASSERTION, readDocument } from './response-form.ts';
import type { SamlProvider } from './saml-provider.ts';

const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';
/** Others could limit what the assertion means in ways that nobody here understands (Core section 2.5.1). */
const CONDITIONS = ['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction'];

export interface ReadAssertion {
  readonly id: string;
  readonly nameId: string;
  readonly authenticatedAt: Date;
  /** AuthnContextClassRef. */
  readonly contextClass: string | null;
  readonly attributes: ReadonlyMap<string, readonly string[]>;
}

/** @param xml what the signature covers. @throws {AnswerRefusedError} */
export function readAssertion(
  provider: SamlProvider,
  xml: string,
  { requestId, now }: { readonly requestId: string; readonly now: Date },
): ReadAssertion {
  const assertion = readDocument(xml);
  const { terms } = provider.settings;
  const id = assertion.attributes.get('ID') ?? '';
  if (assertion.namespace !== ASSERTION || assertion.name !== 'Assertion' || id === '')
    throw new AnswerRefusedError('it is not an assertion');
  if (textOf(only(assertion, 'Issuer')) !== terms.entityId)
    throw new AnswerRefusedError('the issuer of the assertion is another');
  if (timeOf(assertion, 'IssueInstant') > addSeconds(now, CLOCK_TOLERANCE_SECONDS))
    throw new AnswerRefusedError('the assertion was issued in the future');
  const subject = only(assertion, 'Subject');
  requireConfirmation(subject, provider.callbackUrl, requestId, now);
  requireConditions(only(assertion, 'Conditions'), provider.entityId, now);
  const statement = only(assertion, 'AuthnStatement');
  if (statement.attributes.has('SessionNotOnOrAfter')) requireTimes(statement, ['SessionNotOnOrAfter'], now);
  return {
    id,
    nameId: nameIdOf(provider, only(subject, 'NameID')),
    authenticatedAt: timeOf(statement, 'AuthnInstant'),
    contextClass: contextClassOf(statement),
    attributes: attributesOf(assertion),
  };
}

/** A name of another kind could be that of somebody else, and a transient one is nobody's the next time. */
function nameIdOf({ entityId, settings: { terms } }: SamlProvider, name: XmlElement): string {
  const format = name.attributes.get('Format') ?? NAME_ID_FORMAT_URNS.unspecified;
  if (format !== NAME_ID_FORMAT_URNS[terms.nameIdFormat])
    throw new AnswerRefusedError('the NameID has another format than nameIdFormat');
  const qualifiers: readonly [string, string][] = [
    ['NameQualifier', terms.entityId],
    ['SPNameQualifier', entityId],
  ];
  for (const [qualifier, expected] of qualifiers)
    if ((name.attributes.get(qualifier) ?? expected) !== expected)
      throw new AnswerRefusedError(`the ${qualifier} of the NameID is another`);
  return textOf(name);
}

function requireConfirmation(subject: XmlElement, recipient: string, requestId: string, now: Date): void {
  const bearers = childrenOf(subject, ASSERTION, 'SubjectConfirmation').filter(
    ({ attributes }) => attributes.get('Method') === BEARER,
  );
  if (bearers[0] === undefined || bearers.length > 1)
    throw new AnswerRefusedError('the assertion must have one bearer confirmation');
  const data = only(bearers[0], 'SubjectConfirmationData');
  if (data.attributes.get('Recipient') !== recipient)
    throw new AnswerRefusedError('the Recipient is another');
  if (data.attributes.get('InResponseTo') !== requestId)
    throw new AnswerRefusedError('the assertion answers no request or another');
  requireTimes(data, ['NotOnOrAfter'], now);
}

function requireConditions(conditions: XmlElement, audience: string, now: Date): void {
  requireTimes(conditions, ['NotOnOrAfter'], now);
  const isKnown = conditions.children.every(
    ({ namespace, name }) => namespace === ASSERTION && CONDITIONS.includes(name),
  );
  if (!isKnown) throw new AnswerRefusedError('the assertion has a condition that is not supported');
  const restrictions = childrenOf(conditions, ASSERTION, 'AudienceRestriction');
  const isForUs = restrictions.every((one) =>
    childrenOf(one, ASSERTION, 'Audience').some((named) => textOf(named) === audience),
  );
  if (restrictions.length === 0 || !isForUs) throw new AnswerRefusedError('the audience is another');
}

/** @param required of the times that it must not be after. */
function requireTimes(element: XmlElement, required: readonly string[], now: Date): void {
  for (const name of required)
    if (timeOf(element, name) <= addSeconds(now, -CLOCK_TOLERANCE_SECONDS))
      throw new AnswerRefusedError(`${name} has passed`);
  const isEarly =
    element.attributes.has('NotBefore') &&
    timeOf(element, 'NotBefore') > addSeconds(now, CLOCK_TOLERANCE_SECONDS);
  if (isEarly) throw new AnswerRefusedError('NotBefore is in the future');
}

/** In UTC (Core section 1.3.3). */
function timeOf({ attributes }: XmlElement, name: string): Date {
  const text = attributes.get(name) ?? '';
  const time = new Date(text);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text) || Number.isNaN(time.getTime()))
    throw new AnswerRefusedError(`${name} is missing or not a time`);
  return time;
}

function contextClassOf(statement: XmlElement): string | null {
  const [reference] = childrenOf(only(statement, 'AuthnContext'), ASSERTION, 'AuthnContextClassRef');
  return reference === undefined ? null : textOf(reference);
}

/** An attribute that is there twice says nothing. */
function attributesOf(assertion: XmlElement): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const twice = new Set<string>();
  for (const statement of childrenOf(assertion, ASSERTION, 'AttributeStatement'))
    for (const attribute of childrenOf(statement, ASSERTION, 'Attribute')) {
      const name = attribute.attributes.get('Name') ?? '';
      if (found.has(name)) twice.add(name);
      const values = childrenOf(attribute, ASSERTION, 'AttributeValue');
      found.set(
        name,
        values.filter(({ children }) => children.length === 0).map(({ text }) => text),
      );
    }
  for (const name of twice) found.delete(name);
  return found;
}

function only(parent: XmlElement, name: string): XmlElement {
  const [found, another] = childrenOf(parent, ASSERTION, name);
  if (found === undefined || another !== undefined) throw new AnswerRefusedError(`there must be one ${name}`);
  return found;
}

/** Of an element with nothing else inside it. */
function textOf({ text, children, name }: XmlElement): string {
  if (children.length > 0) throw new AnswerRefusedError(`the ${name} has elements inside it`);
  return text;
}
