// What shows later what a device has answered: the text that it signed, its signature and its key. It is kept with the
// audit event, sealed, because it names the operation.
import { sql as raw } from 'kysely';
import type { Rewrappable } from '../../persistence/sealed-column.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { open, seal } from '../../platform/seal.ts';
import type { PublicKey } from './signed-text.ts';

export interface AnswerRecord {
  readonly text: string;
  readonly signature: string;
  readonly publicKey: PublicKey;
}

export function sealAnswer(ring: KeyRing, eventId: string, record: AnswerRecord): string {
  return seal(ring, placeOf(eventId), JSON.stringify(record));
}

/** @throws {SealBrokenError} when it was altered, or belongs to another event. */
export function openAnswer(ring: KeyRing, eventId: string, sealed: string): AnswerRecord {
  return JSON.parse(open(ring, placeOf(eventId), sealed)) as AnswerRecord;
}

export const SEALED_ANSWERS: Rewrappable = {
  name: 'answers of devices in the audit log',
  table: 'audit_event',
  column: 'proof',
  release: 'REWRAP',
  where: () => raw`proof is not null`,
  id: 'id',
  idType: 'uuid',
  reseal: (ring, id, stored) => seal(ring, placeOf(id), open(ring, placeOf(id), stored)),
};

function placeOf(eventId: string): string {
  return `audit_event:${eventId}:proof`;
}
