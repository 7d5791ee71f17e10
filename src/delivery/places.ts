// Where in the world an address is, in words that its user recognises: a hint, not a proof. The database is a file;
// nobody is asked.
import { readFile } from 'node:fs/promises';
import { BlockList, isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type CityResponse, Reader } from 'maxmind';

export interface Places {
  /** For example `Canada`, or `Ottawa, Canada`, in the words of the locale. Null when it cannot be told. */
  placeOf(ip: string | null, locale: string): string | null;
}

/** The database cannot be read, or is none. */
export class PlacesUnreadableError extends Error {
  override readonly name = 'PlacesUnreadableError';
  constructor(code: string) {
    super(
      `The file of GEOIP_DATABASE cannot be read (${code}). It must be a MaxMind database, for example GeoLite2-City.mmdb.`,
    );
  }
}

/** Countries by the registries' own data, in the public domain (CC0). */
const COUNTRIES = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb';

/** MaxMind's own form, and the flat one of ip-location-db. */
type PlaceRecord =
  | Pick<CityResponse, 'city' | 'country'>
  | { readonly city?: string; readonly country_code?: string };

/** @param path of a MaxMind database; null for the countries that we bring. @throws {PlacesUnreadableError} */
export async function openPlaces(path: string | null): Promise<Places> {
  const reader = await readDatabase(path ?? fileURLToPath(import.meta.resolve(COUNTRIES)));
  return {
    placeOf(ip, locale) {
      const address = ip?.replace(/^::ffff:/i, '') ?? '';
      const version = isIP(address);
      if (version === 0 || NOWHERE.check(address, version === 6 ? 'ipv6' : 'ipv4')) return null;
      if (version === 6 && reader.metadata.ipVersion === 4) return null;
      const record = reader.get(address) as PlaceRecord | null;
      if (record === null) return null;
      const parts = [cityOf(record, locale), countryOf(record, locale)].filter((part) => part !== undefined);
      return parts.length > 0 ? parts.join(', ') : null;
    },
  };
}

async function readDatabase(path: string): Promise<Reader<CityResponse>> {
  try {
    return new Reader<CityResponse>(await readFile(path));
  } catch (error) {
    throw new PlacesUnreadableError((error as { code?: string }).code ?? 'not a MaxMind database');
  }
}

function cityOf({ city }: PlaceRecord, locale: string): string | undefined {
  if (typeof city !== 'object') return city;
  return new Map(Object.entries(city.names)).get(locale) ?? city.names.en;
}

function countryOf(record: PlaceRecord, locale: string): string | undefined {
  const code =
    'country' in record ? record.country?.iso_code : (record as { country_code?: string }).country_code;
  if (code === undefined || !/^[A-Z]{2}$/.test(code) || code === 'ZZ') return undefined;
  return new Intl.DisplayNames(locale, { type: 'region', fallback: 'none' }).of(code);
}

/** Addresses that are in no place (RFC 6890): databases of registrations know an owner even for them. */
const NOWHERE = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
] as const) {
  NOWHERE.addSubnet(net, bits, 'ipv4');
}
for (const [net, bits] of [
  ['::', 127],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  NOWHERE.addSubnet(net, bits, 'ipv6');
}
