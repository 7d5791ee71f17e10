// An OCSP responder (RFC 6960) that says what a test wants it to say.
import { createHash, sign } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { fieldsOf } from '../../../src/factors/certificate/fields.ts';
import { type Element, encode, numbered, readElement, Tag } from '../../../src/platform/der.ts';
import { type LoopbackRequest, LoopbackServer } from '../../harness/loopback-server.ts';
import type { Card } from './authority.ts';

/** ecdsa-with-SHA256. */
const ALGORITHM = Buffer.from('300a06082a8648ce3d040302', 'hex');
const BASIC = Buffer.from('06092b0601050507300101', 'hex');
const NONCE = Buffer.from('06092b0601050507300102', 'hex');
const UNKNOWN_EXTENSION = Buffer.from('06032a0304', 'hex');

export interface Saying {
  readonly status: 'good' | 'revoked' | 'unknown';
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | null;
  readonly nonce: 'sent' | 'none' | 'other';
  readonly signer: Card;
  /** Certificates that come with the response. */
  readonly included: readonly Card[];
  readonly namedBy: 'name' | 'key';
  /** Whom it says that it is, if not the signer. */
  readonly calledAs: Card | null;
  /** Whom it is about, if not whom it was asked about. */
  readonly about: Card | null;
  readonly criticalExtension: boolean;
}

export class Responder extends LoopbackServer {
  requests: LoopbackRequest[] = [];
  /** How it answers a request. By default, with what it says. */
  answer: (response: ServerResponse, der: Buffer) => void = send;
  #says: Saying;

  constructor(signer: Card) {
    super();
    this.#says = truth(signer);
  }

  /** From now on. */
  says(signer: Card, wanted: Partial<Saying> = {}): void {
    this.requests = [];
    this.answer = send;
    this.#says = { ...truth(signer), ...wanted };
  }

  protected respond(request: LoopbackRequest, response: ServerResponse): void {
    this.requests.push(request);
    this.answer(response, responseTo(request.bytes, this.#says));
  }
}

export function send(response: ServerResponse, der: Buffer): void {
  response.writeHead(200, { 'content-type': 'application/ocsp-response' }).end(der);
}

/** A response without an answer (section 4.2.1). */
export const refusalOf = (status: number): Buffer =>
  encode(Tag.SEQUENCE, encode(Tag.ENUMERATED, Buffer.from([status])));

function truth(signer: Card): Saying {
  return {
    status: 'good',
    thisUpdate: new Date(),
    nextUpdate: new Date(Date.now() + 3_600_000),
    nonce: 'sent',
    signer,
    included: [],
    namedBy: 'name',
    calledAs: null,
    about: null,
    criticalExtension: false,
  };
}

function responseTo(request: Buffer, says: Saying): Buffer {
  const { nextUpdate, signer } = says;
  const { id, nonce } = read(request);
  const status = { good: encode(0x80), revoked: encode(0xa1, time(new Date())), unknown: encode(0x82) };
  const answer = encode(
    Tag.SEQUENCE,
    says.about === null ? id.bytes : idOf(id, says.about),
    status[says.status],
    time(says.thisUpdate),
    nextUpdate === null ? Buffer.alloc(0) : encode(numbered(0), time(nextUpdate)),
  );
  const other = encode(Tag.OCTET_STRING, Buffer.alloc(16, 7));
  const extensions = [
    ...(says.nonce === 'none' ? [] : [extension(NONCE, says.nonce === 'sent' ? nonce : other, false)]),
    ...(says.criticalExtension ? [extension(UNKNOWN_EXTENSION, other, true)] : []),
  ];
  const { subject, keyBits } = fieldsOf((says.calledAs ?? signer).node);
  const key = createHash('sha1').update(keyBits).digest();
  const content = encode(
    Tag.SEQUENCE,
    says.namedBy === 'name'
      ? encode(numbered(1), subject)
      : encode(numbered(2), encode(Tag.OCTET_STRING, key)),
    time(new Date()),
    encode(Tag.SEQUENCE, answer),
    extensions.length === 0 ? Buffer.alloc(0) : encode(numbered(1), encode(Tag.SEQUENCE, ...extensions)),
  );
  const certificates = encode(Tag.SEQUENCE, ...says.included.map(({ node }) => node.raw));
  const basic = encode(
    Tag.SEQUENCE,
    content,
    ALGORITHM,
    encode(Tag.BIT_STRING, Buffer.from([0]), sign('sha256', content, signer.key)),
    says.included.length === 0 ? Buffer.alloc(0) : encode(numbered(0), certificates),
  );
  return encode(
    Tag.SEQUENCE,
    encode(Tag.ENUMERATED, Buffer.from([0])),
    encode(numbered(0), encode(Tag.SEQUENCE, BASIC, encode(Tag.OCTET_STRING, basic))),
  );
}

function read(request: Buffer): { readonly id: Element; readonly nonce: Buffer } {
  const [tbs] = readElement(request);
  const [list, extensions] = tbs ?? [];
  const [first] = list ?? [];
  const [id] = first ?? [];
  const [one] = readElement(extensions?.content ?? Buffer.alloc(0));
  const [, nonce] = one ?? [];
  if (id === undefined || nonce === undefined) throw new Error('The request is incomplete.');
  return { id, nonce: nonce.content };
}

function idOf(id: Element, { node }: Card): Buffer {
  const [algorithm, name, key] = id;
  if (algorithm === undefined || name === undefined || key === undefined) throw new Error('No certificate.');
  const serialNumber = encode(Tag.INTEGER, fieldsOf(node).serialNumber);
  return encode(Tag.SEQUENCE, algorithm.bytes, name.bytes, key.bytes, serialNumber);
}

function extension(oid: Buffer, value: Buffer, isCritical: boolean): Buffer {
  const critical = isCritical ? encode(Tag.BOOLEAN, Buffer.from([0xff])) : Buffer.alloc(0);
  return encode(Tag.SEQUENCE, oid, critical, encode(Tag.OCTET_STRING, value));
}

function time(date: Date): Buffer {
  const text = `${date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
  return encode(Tag.GENERALIZED_TIME, Buffer.from(text));
}
