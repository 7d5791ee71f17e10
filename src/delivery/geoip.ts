// The place of an IP address, in words that the user recognizes. It is a hint, not a proof. It comes from a local
// database file, so no address leaves the server.

import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { BlockList, isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type CityResponse, Reader } from 'maxmind';
import { OperatorError } from '../platform/operator-error.ts';

export interface GeoIp {
  /** For example `Canada` or `Ottawa, Canada`, in the language of the locale. Null if unknown. */
  placeOf(ip: string | null, locale: string): string | null;
}

/** The file cannot be read or is not a database. */
export class GeoIpUnreadableError extends OperatorError {
  readonly code = 'GEOIP_UNREADABLE';
  constructor(code: string) {
    super(
      `Cannot read the file that GEOIP_DATABASE names (${code}). It must be a MaxMind database such as GeoLite2-City.mmdb.`,
    );
  }
}

/** Countries according to the registries, in the public domain (CC0). */
const COUNTRIES = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb';

/** MaxMind's record format, and the flat format of ip-location-db. */
type PlaceRecord =
  | Pick<CityResponse, 'city' | 'country'>
  | { readonly city?: string; readonly country_code?: string };

/** @param path of a MaxMind database, or null for the bundled list of countries. @throws {GeoIpUnreadableError} */
export async function openGeoIp(path: string | null): Promise<GeoIp> {
  const given = path === null ? null : await readDatabase(path);
  return {
    placeOf(ip, locale) {
      const address = ip?.replace(/^::ffff:/i, '') ?? '';
      const version = isIP(address);
      if (version === 0 || NOWHERE.check(address, version === 6 ? 'ipv6' : 'ipv4')) return null;
      const reader = given ?? countries();
      if (version === 6 && reader.metadata.ipVersion === 4) return null;
      const record = reader.get(address) as PlaceRecord | null;
      if (record === null) return null;
      const parts = [cityOf(record, locale), countryOf(record, locale)].filter((part) => part !== undefined);
      return parts.length > 0 ? parts.join(', ') : null;
    },
  };
}

let bundled: Reader<CityResponse> | undefined;

/** It takes 8 MB, so it is read when a place is first asked for. */
function countries(): Reader<CityResponse> {
  bundled ??= new Reader<CityResponse>(readFileSync(fileURLToPath(import.meta.resolve(COUNTRIES))));
  return bundled;
}

async function readDatabase(path: string): Promise<Reader<CityResponse>> {
  try {
    return new Reader<CityResponse>(await readFile(path));
  } catch (error) {
    throw new GeoIpUnreadableError((error as { code?: string }).code ?? 'not a MaxMind database');
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

/** Special-purpose addresses (RFC 6890), which have no place although registries name an owner for them. */
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
