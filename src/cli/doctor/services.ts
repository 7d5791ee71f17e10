// Checks that the services which the server calls are where it may connect to.
import { lookup } from 'node:dns/promises';
import type { Config } from '../../config/config.ts';
import type { ServiceUrl } from '../../config/service-url.ts';
import { isPublicAddress } from '../../platform/public-address.ts';
import { type Finding, findingsOf } from './finding.ts';

type Services = Pick<Config, 'twilio' | 'clientCertificates' | 'breachedPasswords'>;

/** All addresses of a host. */
type AddressesOf = (host: string) => Promise<readonly { readonly address: string }[]>;

/** Resolves their names, and connects to none of them. */
export async function checkServices(
  { twilio, clientCertificates, breachedPasswords: { source } }: Services,
  addressesOf: AddressesOf = (host) => lookup(host, { all: true }),
): Promise<Finding[]> {
  const named: readonly [string, ServiceUrl | null | undefined][] = [
    ['TWILIO_API_URL', twilio?.api],
    ['CLIENT_OCSP_URL', clientCertificates?.ocsp],
    ['BREACHED_PASSWORDS_URL', source.name === 'online' ? source : null],
  ];
  const checked = named.map(([variable, service]) =>
    service ? [checkService(variable, service, addressesOf)] : [],
  );
  return Promise.all(checked.flat());
}

async function checkService(
  variable: string,
  { url, mayBePrivate }: ServiceUrl,
  addressesOf: AddressesOf,
): Promise<Finding> {
  const service = findingsOf('services');
  const { hostname } = new URL(url);
  if (mayBePrivate) return service.ok(`${variable} may be in your own network.`);
  try {
    const addresses = await addressesOf(hostname);
    return addresses.every(({ address }) => isPublicAddress(address))
      ? service.ok(`${variable} has a public address.`)
      : service.failed(
          `${variable} has an address in your own network, and is not connected to.`,
          `If that is right, add ${hostname} to PRIVATE_HOSTS.`,
        );
  } catch {
    return service.warning(`The host of ${variable} cannot be resolved.`, 'Check its name, and DNS.');
  }
}
