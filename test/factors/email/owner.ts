// A user with several email addresses, as an application would see them.
import { randomUUID } from 'node:crypto';
import { approvedToken } from '../../harness/approved.ts';
import { PASSWORD, type Step, TestClient } from '../../harness/client.ts';

const ADD = `mutation ($input: AddEmailAddressInput!) { addEmailAddress(input: $input) {
  __typename
  ... on Enrollment { id status expiresAt factors { factor authenticatorId hint needsPreparing } challenge { factor } }
  ... on UserError { code message }
  ... on InvalidInput { fields { path message } }
} }`;
const ENDING = '__typename ... on UserError { code message }';
export const SET_PRIMARY = `mutation ($input: SetPrimaryEmailAddressInput!) { setPrimaryEmailAddress(input: $input) { ${ENDING} } }`;
export const REMOVE = `mutation ($input: RemoveEmailAddressInput!) { removeEmailAddress(input: $input) { ${ENDING} } }`;

export interface Address {
  readonly id: string;
  readonly address: string;
  readonly primary: boolean;
  readonly verifiedAt: string | null;
}

export interface Changed {
  readonly __typename: string;
  readonly code?: string;
  readonly message?: string;
}

export const newAddress = (): string => `${randomUUID()}@example.com`;

export class Addresses extends TestClient {
  async startAdding(token: string, emailAddress: string, factor?: string): Promise<Step> {
    const { data, errors } = await this.graphql(ADD, { input: { emailAddress, factor } }, token);
    if (errors[0] !== undefined) throw Object.assign(new Error(errors[0].message), { problem: errors[0] });
    return data.addEmailAddress;
  }

  /** Adds an address that the user can read the mail of. @returns its id. */
  async add(token: string, emailAddress = newAddress()): Promise<Address> {
    const { id } = await this.startAdding(token, emailAddress);
    await this.prepare(id, 'EMAIL_CODE', token);
    const done = await this.attempt(id, { emailCode: await this.codeFor(emailAddress) }, token);
    if (done.status !== 'COMPLETE') throw new Error(`Adding ended as ${done.status ?? done.code}.`);
    const added = (await this.addresses(token)).find(({ address }) => address === emailAddress);
    if (added === undefined) throw new Error('The address was not added.');
    return added;
  }

  async addresses(token: string): Promise<Address[]> {
    const { data } = await this.graphql(
      '{ viewer { emailAddresses { id address primary verifiedAt } } }',
      {},
      token,
    );
    return data.viewer.emailAddresses;
  }

  setPrimary = (token: string, id: string, proof?: () => object): Promise<Changed> =>
    this.#change(token, SET_PRIMARY, 'setPrimaryEmailAddress', id, proof);
  remove = (token: string, id: string, proof?: () => object): Promise<Changed> =>
    this.#change(token, REMOVE, 'removeEmailAddress', id, proof);

  async #change(
    token: string,
    query: string,
    field: string,
    id: string,
    proof: () => object = () => ({ password: PASSWORD }),
  ): Promise<Changed> {
    const variables = { input: { id } };
    const approved = await approvedToken(this, token, { query, variables }, proof);
    const { data, errors } = await this.graphql(query, variables, approved);
    if (errors[0] !== undefined) throw Object.assign(new Error(errors[0].message), { problem: errors[0] });
    return data[field];
  }

  async subjectsTo(to: string): Promise<string[]> {
    return (await this.inbox()).filter((one) => one.to === to).map(({ subject }) => subject);
  }
}
