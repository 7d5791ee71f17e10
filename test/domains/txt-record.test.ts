// Looking up the proof of a domain, at a real DNS server.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { TxtRecords } from '../../src/domains/txt-record.ts';
import { NameServer } from '../harness/name-server.ts';

const NAME = '_stepgate.acme-widgets.com';
const VALUE = 'stepgate-domain=token';

let server: NameServer;
let records: TxtRecords;

beforeAll(async () => {
  server = await NameServer.start();
  records = new TxtRecords([server.address]);
});
afterEach(() => {
  server.failure = null;
  server.withdraw(NAME);
});
afterAll(() => server[Symbol.asyncDispose]());

test('a record is found among others, whole or in parts', async () => {
  server.publish(NAME, ['v=spf1 -all'], [VALUE]);
  expect(await records.lookUp(NAME, VALUE)).toBe('FOUND');
  server.publish(NAME, ['stepgate-', 'domain=', 'token']);
  expect(await records.lookUp(NAME, VALUE)).toBe('FOUND');
  expect(server.asked).toContain(NAME);
});

test('another value, a value that only contains it, a name without TXT records and an unknown name are absent', async () => {
  for (const other of [[`${VALUE}x`], [`x${VALUE}`], ['stepgate-domain=TOKEN'], ['']]) {
    server.publish(NAME, other);
    expect(await records.lookUp(NAME, VALUE)).toBe('ABSENT');
  }
  server.publish(NAME);
  expect(await records.lookUp(NAME, VALUE)).toBe('ABSENT');
  server.withdraw(NAME);
  expect(await records.lookUp(NAME, VALUE)).toBe('ABSENT');
});

test('two records are not joined to the right value', async () => {
  server.publish(NAME, ['stepgate-'], ['domain=token']);
  expect(await records.lookUp(NAME, VALUE)).toBe('ABSENT');
});

test('a server that fails, or does not answer, says nothing', async () => {
  server.failure = 'SERVFAIL';
  expect(await records.lookUp(NAME, VALUE)).toBe('UNKNOWN');
  server.failure = 'SILENT';
  expect(await records.lookUp(NAME, VALUE)).toBe('UNKNOWN');
  expect(await new TxtRecords(['127.0.0.1:1']).lookUp(NAME, VALUE)).toBe('UNKNOWN');
}, 30_000);
