// Tells which system wrote a file, by the fields of its first entry, so that a wrong `--from` is told by the right one.
import { FileUnreadable } from '../files/record-file.ts';
import { SOURCES, type SourceName } from './list.ts';
import type { Source } from './source.ts';

/** Forms that are known, and of no use here. */
const OTHERS: readonly { readonly marks: Source['marks']; readonly advice: string }[] = [
  {
    marks: [
      ['email_addresses', 'primary_email_address_id'],
      ['email_addresses', 'password_enabled'],
    ],
    advice:
      "This is JSON of Clerk's API, which has no password digests. Export the CSV of Clerk's dashboard and say --from clerk.",
  },
  {
    marks: [
      ['profile', '_links'],
      ['profile', 'credentials', 'status'],
    ],
    advice:
      "This is a list of users of Okta, which has no password hashes, and no source of its own here. Write Stepgate's own format (docs/moving.md); users without a hash reset their passwords.",
  },
];

/** @throws {FileUnreadable} when the fields are those of another system. */
export function requireSource(fields: readonly string[], source: SourceName): void {
  const bears = (marks: Source['marks']): boolean =>
    marks.some((mark) => mark.every((name) => fields.includes(name)));
  if (bears(SOURCES[source].marks)) return;
  const names = Object.keys(SOURCES) as SourceName[];
  const right = names.find((name) => name !== source && bears(SOURCES[name].marks));
  const advice =
    right === undefined
      ? OTHERS.find(({ marks }) => bears(marks))?.advice
      : `This looks like an export of ${right}: say --from ${right}.`;
  if (advice !== undefined) throw new FileUnreadable(advice);
}

/** Of a file with columns. @throws {FileUnreadable} */
export function requireHeading(names: readonly string[], source: SourceName): void {
  // The CSV of Firebase has no heading: its first row is a user, with the address second and "verified" third.
  if (names[1]?.includes('@') && /^(true|false)$/.test(names[2] ?? '')) {
    throw new FileUnreadable(
      'The first row is no heading. If this is the CSV of `firebase auth:export`, export with --format=JSON and say --from firebase.',
    );
  }
  requireSource(names, source);
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice >= 0) throw new FileUnreadable(`Column ${twice + 1} has the name of another one.`);
  const { columns } = SOURCES[source];
  const at = columns === null ? -1 : names.findIndex((name) => !columns.includes(name));
  if (at >= 0) throw new FileUnreadable(`Column ${at + 1} is none of ${columns?.join(', ')}.`);
}
