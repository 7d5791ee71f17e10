// Which domains can be added.
import { expect, test } from 'vitest';
import { readDomain } from '../../src/domains/domain-name.ts';

const nameOf = async (text: string) => {
  const read = await readDomain(text);
  return 'name' in read ? read.name : null;
};
const defectOf = async (text: string) => {
  const read = await readDomain(text);
  return 'defect' in read ? read.defect : null;
};

test('a domain is compared as in addresses: in lower case, with A-labels, without a final dot', async () => {
  expect(await nameOf(' Acme-Widgets.COM. ')).toBe('acme-widgets.com');
  expect(await nameOf('bücher-widgets.de')).toBe('xn--bcher-widgets-wob.de');
  expect(await nameOf('eu.acme-widgets.co.uk')).toBe('eu.acme-widgets.co.uk');
});

test('O2: a public suffix is refused, and so is a name that is not in public DNS', async () => {
  for (const name of [
    'com',
    'co.uk',
    'github.io',
    'xn--p1ai',
    'acme.test',
    'acme.localhost',
    'corp.internal',
  ])
    expect([name, await defectOf(name)]).toEqual([name, expect.any(String)]);
});

test('O2: domains of public mail providers are refused, with those below them and in other spellings', async () => {
  for (const name of [
    'gmail.com',
    'GMAIL.COM',
    'outlook.com',
    'gmx.de',
    'posteo.de',
    'tuta.com',
    'eu.gmail.com',
    'ｇmail.com',
  ])
    expect([name, await defectOf(name)]).toEqual([name, expect.stringContaining('mail provider')]);
});

test('what is no domain name is refused: addresses, URLs, IP addresses, wildcards, names that are too long', async () => {
  const long = `${'a'.repeat(60)}.`.repeat(4);
  for (const text of [
    '',
    'jane@acme.com',
    'https://acme-widgets.com',
    '192.0.2.1',
    '*.acme-widgets.com',
    '_stepgate.acme-widgets.com',
    'acme widgets.com',
    'acme..com',
    'x'.repeat(100_000),
    `${long}com`,
  ])
    expect([text.slice(0, 40), await defectOf(text)]).toEqual([text.slice(0, 40), expect.any(String)]);
});
