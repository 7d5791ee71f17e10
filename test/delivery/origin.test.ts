// What messages say about the origin of a request, and what a stranger cannot make them say.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GeoIp, GeoIpUnreadableError, openGeoIp } from '../../src/delivery/geoip.ts';
import { browserOf } from '../../src/delivery/origin.ts';
import { oneRecordDatabase } from './mmdb.ts';

describe('the browser', () => {
  test.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0',
      'Firefox on Windows',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1',
      'Safari on iOS',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
      'Chrome on macOS',
    ],
  ])('of the user agent %s is %s', (userAgent, words) => {
    expect(browserOf(userAgent)).toBe(words);
  });

  test.each([null, '', 'node', 'curl/8.1', '123456/1.0 x', 'your bank evil.example/1.0 x', '<b>/1 x', '/'])(
    'of the user agent %s is unknown, and nothing of it is repeated',
    (userAgent) => {
      expect(browserOf(userAgent)).toBeNull();
    },
  );
});

describe('the place', () => {
  let folder: string;
  let countries: GeoIp;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stepgate-geoip-'));
    countries = await openGeoIp(null);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const database = async (name: string, bytes: Buffer): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  };

  test.each([
    ['8.8.8.8', 'en', 'United States'],
    ['8.8.8.8', 'de', 'Vereinigte Staaten'],
    ['::ffff:8.8.8.8', 'en', 'United States'],
    ['85.214.132.117', 'de', 'Deutschland'],
    ['2001:4860:4860::8888', 'en', 'United States'],
  ])('of the IP address %s in the language %s is %s', (ip, locale, place) => {
    expect(countries.placeOf(ip, locale)).toBe(place);
  });

  test.each([
    null,
    '',
    'localhost',
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.1.1',
    '0.0.0.0',
    '203.0.113.7',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:192.168.1.1',
    'fd00::1',
    'fe80::1',
    'fe80::1%eth0',
    '2001:db8::1',
    '8.8.8.8.8',
  ])('of the IP address %s is unknown', (ip) => {
    expect(countries.placeOf(ip, 'en')).toBeNull();
  });

  test('includes the city if the operator has configured a database with cities', async () => {
    const record = {
      city: { names: { en: 'Cologne', de: 'Köln' } },
      country: { iso_code: 'DE', names: { en: 'Germany' } },
    };
    const geoip = await openGeoIp(await database('city.mmdb', oneRecordDatabase(record)));
    expect(geoip.placeOf('8.8.8.8', 'en')).toBe('Cologne, Germany');
    expect(geoip.placeOf('8.8.8.8', 'de')).toBe('Köln, Deutschland');
    expect(geoip.placeOf('2001:4860:4860::8888', 'en')).toBeNull(); // the database has IPv4 only
    expect(geoip.placeOf('192.168.1.1', 'en')).toBeNull();
  });

  test.each([
    ['in the flat format', { city: 'Köln', country_code: 'DE' }, 'Köln, Germany'],
    ['without a city', { country: { iso_code: 'DE' } }, 'Germany'],
    ['without a country', { continent: { code: 'EU' } }, null],
    ['with an unknown country', { country_code: 'ZZ' }, null],
    ['with an invalid country', { country_code: 'evil.example' }, null],
  ])('of a record %s', async (name, record, place) => {
    const geoip = await openGeoIp(await database(`${name}.mmdb`, oneRecordDatabase(record)));
    expect(geoip.placeOf('8.8.8.8', 'en')).toBe(place);
  });

  test('cannot be looked up if the database is missing or invalid, and the error names the setting', async () => {
    const missing = openGeoIp(join(folder, 'missing.mmdb'));
    await expect(missing).rejects.toThrow(GeoIpUnreadableError);
    await expect(missing).rejects.toThrow(/^Cannot read the file that GEOIP_DATABASE names \(ENOENT\)/);
    const text = openGeoIp(await database('text.mmdb', Buffer.from('no database')));
    await expect(text).rejects.toThrow('not a MaxMind database');
  });
});
