// The people who can sign in, by choosing their name. A new person has a name that nobody had before, for whoever tries a
// sign-up again.
import { randomBytes } from 'node:crypto';

export interface Person {
  /** The subject of ID tokens. */
  readonly sub: string;
  readonly name: string;
  readonly email: string;
  readonly email_verified: boolean;
}

export const PEOPLE: readonly Person[] = [
  { sub: 'ada', name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true },
  { sub: 'grace', name: 'Grace Hopper', email: 'grace@example.com', email_verified: true },
  { sub: 'alan', name: 'Alan Turing', email: 'alan@example.com', email_verified: false },
];

const NEW_PERSON = /^new-[0-9a-f]{8}$/;

export function newPerson(): Person {
  return personOf(`new-${randomBytes(4).toString('hex')}`);
}

/** Null if there is no such person. */
export function findPerson(sub: string): Person | null {
  return NEW_PERSON.test(sub) ? personOf(sub) : (PEOPLE.find((one) => one.sub === sub) ?? null);
}

function personOf(sub: string): Person {
  return { sub, name: `New person ${sub.slice(4)}`, email: `${sub}@example.com`, email_verified: true };
}
