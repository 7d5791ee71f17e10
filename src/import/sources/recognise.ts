// Recognizes which system wrote a file by the fields of its first entry, so that the error for a wrong --from names the
// right one.
import { FileUnreadableError } from '../files/record-file.ts';
import { SOURCES, type SourceName } from './list.ts';
import type { Source } from './source.ts';

/** Known formats that cannot be imported. */
const OTHERS: readonly { readonly marks: Source['marks']; readonly advice: string }[] = [
  {
    marks: [
      ['email_addresses', 'primary_email_address_id'],
      ['email_addresses', 'password_enabled'],
    ],
    advice:
      "This looks like JSON from Clerk's API, which has no password digests. Export the CSV from the Clerk dashboard and use --from clerk.",
  },
  {
    marks: [
      ['profile', '_links'],
      ['profile', 'credentials', 'status'],
    ],
    advice:
      "This looks like a list of Okta users, which has no password hashes and cannot be imported directly. Convert it to Stepgate's own format (see docs/moving.md). Users without a hash must reset their passwords.",
  },
];

/** @throws {FileUnreadableError} when the fields are those of another system. */
export function requireSource(fields: readonly string[], source: SourceName): void {
  const bears = (marks: Source['marks']): boolean =>
    marks.some((mark) => mark.every((name) => fields.includes(name)));
  if (bears(SOURCES[source].marks)) return;
  const names = Object.keys(SOURCES) as SourceName[];
  const right = names.find((name) => name !== source && bears(SOURCES[name].marks));
  const advice =
    right === undefined
      ? OTHERS.find(({ marks }) => bears(marks))?.advice
      : `This looks like an export from ${right}. Use --from ${right}.`;
  if (advice !== undefined) throw new FileUnreadableError(advice);
}

/** Checks the header of a CSV file. @throws {FileUnreadableError} */
export function requireHeading(names: readonly string[], source: SourceName): void {
  // Firebase's CSV has no header: its first row is a user, with the address second and "verified" third.
  if (names[1]?.includes('@') && /^(true|false)$/.test(names[2] ?? '')) {
    throw new FileUnreadableError(
      'The first row is not a header. If this is the CSV of `firebase auth:export`, export again with --format=JSON. Use --from firebase.',
    );
  }
  requireSource(names, source);
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice >= 0) throw new FileUnreadableError(`Duplicate column ${twice + 1}.`);
  const { columns } = SOURCES[source];
  const at = columns === null ? -1 : names.findIndex((name) => !columns.includes(name));
  if (at >= 0)
    throw new FileUnreadableError(`Unknown column ${at + 1}. Expected one of: ${columns?.join(', ')}.`);
}
