// How the factors of the registry are imported and exported.
import { type FactorKind, isSecondFactor } from '../policy/factor-kind.ts';
import type { InputField } from './input-field.ts';
import { FACTORS, SECOND_FACTORS_FIRST } from './registry.ts';
import type { FactorTransfer } from './transfer.ts';

/** In the order in which records are written. */
export const TRANSFERS = transfersOf(FACTORS);
/** In the order in which records are read: what would be lost decides first. */
export const READ_TRANSFERS = transfersOf(SECOND_FACTORS_FIRST);

/** The fields of a record that belong to factors, by their names. */
export const TRANSFER_FIELDS = fieldsOf(TRANSFERS);

const OF_SECOND_FACTORS = transfersOf(FACTORS.filter(({ kind }) => isSecondFactor(kind)));
export const SECOND_FACTOR_FIELDS = Object.keys(fieldsOf(OF_SECOND_FACTORS));

/** Whether the record brings a second factor. */
export function bringsSecondFactor(record: object): boolean {
  return OF_SECOND_FACTORS.some((transfer) => transfer.brings(record));
}

/** Whether the record brings a factor that can start a sign-in. */
export function bringsFirstFactor(record: object): boolean {
  const first = FACTORS.filter(({ roles }) => roles.includes('FIRST'));
  return transfersOf(first).some((transfer) => transfer.brings(record));
}

/** Whether the record brings a factor whose proof says who the user is. */
export function bringsIdentity(record: object): boolean {
  return transfersOf(FACTORS.filter(({ identifies }) => identifies === true)).some((transfer) =>
    transfer.brings(record),
  );
}

/** Whether an export contains this factor. */
export function isTransferred(kind: FactorKind): boolean {
  return FACTORS.some((one) => one.kind === kind && one.transfer !== undefined);
}

function transfersOf(factors: typeof FACTORS): readonly FactorTransfer[] {
  return factors.flatMap(({ transfer }) => transfer ?? []);
}

function fieldsOf(transfers: readonly FactorTransfer[]): Readonly<Record<string, InputField>> {
  return Object.assign({}, ...transfers.map(({ fields }) => fields));
}
