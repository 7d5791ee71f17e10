// `audit prove`: shows which key approved which operation with which arguments, from the audit event of the proof alone, or
// from a file with what an earlier `audit prove --json` printed. A file needs neither the database nor a key.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import {
  type ApprovalFindings,
  type ApprovalRecord,
  commitmentOf,
  openApproval,
} from '../../factors/approval-record.ts';
import { FACTORS } from '../../factors/registry.ts';
import { approvalOfEvent } from '../../persistence/approval-of-event.ts';
import type { Sql } from '../../persistence/orm.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { FACTOR_KINDS } from '../../policy/factor-kind.ts';
import { CommandError, RefusedError } from '../run-command.ts';

/** An event with its opened record. This is what `--json` prints and `--file` reads. */
const exported = z.object({
  event: z.object({
    id: z.string(),
    occurredAt: z.string(),
    tenantId: z.string(),
    userId: z.string().nullable(),
    sessionId: z.string().nullable(),
  }),
  approval: z.object({
    factor: z.enum(FACTOR_KINDS as [(typeof FACTOR_KINDS)[number]]),
    tenantId: z.string(),
    userId: z.string(),
    operation: z.string(),
    workflowId: z.string(),
    nonce: z.string(),
    signed: z.record(z.string(), z.unknown()),
  }),
});
export type ExportedApproval = z.infer<typeof exported>;

/** @throws {RefusedError} when there is no such record. @throws {SealBrokenError} when it was altered. */
export async function readApproval(sql: Sql, ring: KeyRing, eventId: string): Promise<ExportedApproval> {
  const found = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(eventId)
    ? await approvalOfEvent(sql, eventId)
    : null;
  if (found === null)
    throw new RefusedError(`The audit log has no event ${eventId} in which an operation was approved.`);
  const { id, occurredAt, tenantId, userId, sessionId, approval } = found;
  const event = { id, occurredAt: occurredAt.toISOString(), tenantId, userId, sessionId };
  return { event, approval: openApproval(ring, id, approval) };
}

/** @throws {CommandError} */
export async function readExported(path: string): Promise<ExportedApproval> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new CommandError(`Cannot read ${path}.`);
  });
  try {
    return exported.parse(JSON.parse(text));
  } catch {
    throw new CommandError(`${path} does not contain what \`audit prove --json\` prints.`);
  }
}

export async function verify({ event, approval }: ExportedApproval): Promise<ApprovalFindings> {
  const { verifyApproval } = FACTORS.find(({ kind }) => kind === approval.factor) ?? {};
  if (verifyApproval === undefined)
    return { problems: [`A proof of ${approval.factor} does not sign what it approves.`], facts: {} };
  const { problems, facts } = await verifyApproval(approval.signed, commitmentOf(approval));
  const isTheirs = event.userId === approval.userId && event.tenantId === approval.tenantId;
  return { problems: isTheirs ? problems : ['The record belongs to another user.', ...problems], facts };
}

/** What a person reads. */
export function linesOf(
  { event, approval }: ExportedApproval,
  { problems, facts }: ApprovalFindings,
): string[] {
  const { definitions, variables } = operationOf(approval);
  const about = {
    event: event.id,
    time: event.occurredAt,
    tenant: event.tenantId,
    user: event.userId ?? '-',
    session: event.sessionId ?? '-',
    factor: approval.factor,
    ...facts,
  };
  return [
    ...Object.entries(about).map(([name, value]) => `${`${name}:`.padEnd(WIDTH)} ${printable(value)}`),
    '',
    ...definitions.map(printable),
    `variables: ${printable(variables)}`,
    '',
    ...(problems.length === 0
      ? ['The signature holds: this key approved this operation with these arguments.']
      : problems),
  ];
}

const WIDTH = 20;

/** Arguments come from a client, and could move the cursor of a terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
}

/** The form is that of `operationText`: a version, definitions, and the JSON of the variables. */
function operationOf({ operation }: Pick<ApprovalRecord, 'operation'>) {
  const form = z.tuple([z.string(), z.array(z.string()), z.string()]);
  try {
    const [, definitions, variables] = form.parse(JSON.parse(operation));
    return { definitions, variables };
  } catch {
    return { definitions: [operation], variables: '{}' };
  }
}
