// How the factors of the registry are imported and exported.
import { type FactorKind, isSecondFactor } from '../policy/factor-kind.ts';
import type { InputField } from './input-field.ts';
import { FACTORS } from './registry.ts';
import type { FactorTransfer } from './transfer.ts';

/** In the order in which records are written. */
export const TRANSFERS: readonly FactorTransfer[] = FACTORS.flatMap(({ transfer }) => transfer ?? []);

const OF_SECOND_FACTORS = transfersWhere(isSecondFactor);

/** Second factors first, because losing one matters most. */
export const SECOND_FACTORS_FIRST: readonly FactorTransfer[] = [
  ...OF_SECOND_FACTORS,
  ...transfersWhere((kind) => !isSecondFactor(kind)),
];

/** The fields of a record that belong to factors, by their names. */
export const TRANSFER_FIELDS: Readonly<Record<string, InputField>> = fieldsOf(TRANSFERS);
export const SECOND_FACTOR_FIELDS: readonly string[] = Object.keys(fieldsOf(OF_SECOND_FACTORS));

/** Whether the record brings a second factor. */
export function bringsSecondFactor(record: object): boolean {
  return OF_SECOND_FACTORS.some((transfer) => transfer.brings(record));
}

/** Whether the record brings a factor that can start a sign-in. */
export function bringsFirstFactor(record: object): boolean {
  return FACTORS.some(({ roles, transfer }) => roles.includes('FIRST') && transfer?.brings(record));
}

/** Whether an export contains this factor. */
export function isTransferred(kind: FactorKind): boolean {
  return FACTORS.some((one) => one.kind === kind && one.transfer !== undefined);
}

function transfersWhere(matches: (kind: FactorKind) => boolean): readonly FactorTransfer[] {
  return FACTORS.flatMap(({ kind, transfer }) => (transfer !== undefined && matches(kind) ? transfer : []));
}

function fieldsOf(transfers: readonly FactorTransfer[]): Readonly<Record<string, InputField>> {
  return Object.assign({}, ...transfers.map(({ fields }) => fields));
}
