// The PHC string format (github.com/P-H-C/phc-string-format): `$id$v=19$name=value,name=value$salt$hash`, with salt and
// hash in base64 without padding. It is the canonical text of every scheme that has no established form of its own.
import { base64WithoutPadding, bytesOfBase64 } from './bytes.ts';
import { LegacyHashError } from './scheme.ts';

interface PhcString {
  /** The name of the function, which determines the parameters. */
  readonly id: string;
  /** Includes the version as `v`. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const PARAMETER = '[a-z0-9-]{1,32}=[A-Za-z0-9/+.-]+';
const FORM = new RegExp(
  `^\\$(?<id>[a-z0-9-]{1,32})(?:\\$(?<version>v=\\d+))?(?:\\$(?<others>${PARAMETER}(?:,${PARAMETER})*))?` +
    '\\$(?<salt>[A-Za-z0-9/+]*)\\$(?<hash>[A-Za-z0-9/+]+)$',
);

/** The identifier at the start of a text. The rest of the text is not checked. */
export function phcId(text: string): string | null {
  return /^\$(?<id>[a-z0-9-]{1,32})\$/.exec(text)?.groups?.['id'] ?? null;
}

/**
 * Accepts parameters in any order.
 *
 * @throws {LegacyHashRefused} when a required parameter is missing, or when one is unknown or repeated.
 */
export function readPhcString(
  text: string,
  { required, optional = [] }: { required: readonly string[]; optional?: readonly string[] },
): PhcString {
  const groups = FORM.exec(text)?.groups;
  const salt = bytesOfBase64(groups?.['salt'] ?? '');
  const hash = bytesOfBase64(groups?.['hash'] ?? '');
  const pairs = [groups?.['version'], ...(groups?.['others']?.split(',') ?? [])]
    .filter((pair) => pair !== undefined)
    .map((pair): [string, string] => {
      const equals = pair.indexOf('=');
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    });
  const parameters = new Map(pairs);
  const isWhole =
    groups !== undefined &&
    salt !== null &&
    hash !== null &&
    parameters.size === pairs.length &&
    required.every((name) => parameters.has(name)) &&
    pairs.every(([name]) => required.includes(name) || optional.includes(name));
  if (isWhole) return { id: groups['id'] ?? '', parameters, salt, hash };
  const id = phcId(text) ?? '';
  const version = optional.includes('v') ? '$v=…' : '';
  const form = `$${id}${version}$${required.map((name) => `${name}=…`).join(',')}$salt$hash`;
  throw new LegacyHashError(
    `The hash must have the form ${form}, with salt and hash in base64 without padding.`,
    'Copy the whole hash again.',
  );
}

export function phcString(
  id: string,
  parameters: Readonly<Record<string, string | number>>,
  { salt, hash }: { salt: Buffer; hash: Buffer },
): string {
  const { v, ...others } = parameters;
  const version = v === undefined ? '' : `$v=${v}`;
  const pairs = Object.entries(others).map(([name, value]) => `${name}=${value}`);
  const written = pairs.length === 0 ? '' : `$${pairs.join(',')}`;
  return `$${id}${version}${written}$${base64WithoutPadding(salt)}$${base64WithoutPadding(hash)}`;
}
