// Users with an approving device, for tests.
import {
  ApprovingDevice,
  RefusedError,
  type Request,
  type Subscription,
} from '../../src/cli/demo/approving-device.ts';
import { type Person, type Step, TestClient, tokensOf } from './client.ts';

export interface DeviceOwner extends Person {
  readonly device: ApprovingDevice;
}

/** Asks the device, and approves with the number that is shown where the workflow began. */
export async function approveOn(
  device: ApprovingDevice,
  client: TestClient,
  workflowId: string,
  token?: string,
): Promise<void> {
  const prepared = await client.prepare(workflowId, 'DEVICE_APPROVAL', token);
  if (prepared.code !== undefined) throw new RefusedError(prepared.code);
  const query = 'query ($id: ID!) { workflow(id: $id) { challenge { request } } }';
  const { data } = await client.graphql(query, { id: workflowId }, token);
  const [request] = await device.pending();
  if (request !== undefined) await device.approve(request, data.workflow.challenge.request.number);
}

/** Enrolls a device in a session. */
export async function enrollDevice(client: TestClient, token: string): Promise<ApprovingDevice> {
  const { id } = await client.startEnrollment({ factor: 'DEVICE_APPROVAL', label: 'tablet' }, token);
  const query = 'query ($id: ID!) { workflow(id: $id) { ... on Enrollment { material } } }';
  const { data } = await client.graphql(query, { id }, token);
  const device = await ApprovingDevice.enroll(data.workflow.material.url, null, client.url);
  const step = await client.attempt(id, { deviceApproval: true }, token);
  if (step.session === null) throw new Error(`The enrollment ended as ${step.status ?? step.code}.`);
  return device;
}

export class DeviceClient extends TestClient {
  /** What the enrollment shows: the address to scan. */
  async materialOf(workflowId: string, token: string): Promise<Record<string, string | null>> {
    const query = 'query ($id: ID!) { workflow(id: $id) { ... on Enrollment { material } } }';
    return (await this.graphql(query, { id: workflowId }, token)).data.workflow.material;
  }

  /** A device that has scanned the address. */
  scan(url: string, subscription: Subscription | null = null): Promise<ApprovingDevice> {
    return ApprovingDevice.enroll(url, subscription, this.url);
  }

  async enrollDevice(
    token: string,
    subscription: Subscription | null = null,
    label = 'My phone',
  ): Promise<{ device: ApprovingDevice; step: Step }> {
    const { id } = await this.startEnrollment({ factor: 'DEVICE_APPROVAL', label }, token);
    const { url } = await this.materialOf(id, token);
    const device = await this.scan(url ?? '', subscription);
    const step = await this.attempt(id, { deviceApproval: true }, token);
    if (step.session === null) throw new Error(`The enrollment ended as ${step.status ?? step.code}.`);
    return { device, step };
  }

  async owner(subscription: Subscription | null = null): Promise<DeviceOwner> {
    const person = await this.signUp();
    const { device, step } = await this.enrollDevice(person.accessToken, subscription);
    return { ...person, ...tokensOf(step), device };
  }

  /** A sign-in of this user after the password. */
  async halfSignIn({ email, password }: Person): Promise<string> {
    const { id } = await this.startSignIn({ identifier: email });
    await this.attempt(id, { password });
    return id;
  }

  /** Asks the device, as the page does where the user signs in. */
  async request(workflowId: string, token?: string): Promise<{ number: string; url?: string }> {
    const query =
      'mutation ($id: ID!) { prepareFactor(input: { workflowId: $id, factor: DEVICE_APPROVAL }) { ... on Workflow { challenge { request } } ... on UserError { code } } }';
    const { data, errors } = await this.graphql(query, { id: workflowId }, token);
    const { challenge = null, code } = data?.prepareFactor ?? {};
    if (challenge === null) throw new RefusedError(code ?? errors[0]?.message ?? 'nothing');
    return challenge.request;
  }

  /** What the page reads while it waits. */
  async state(
    workflowId: string,
    token?: string,
  ): Promise<{
    status: string;
    challenge: { approvedAt: string | null; request: { number: string } } | null;
  }> {
    const query = 'query ($id: ID!) { workflow(id: $id) { status challenge { approvedAt request } } }';
    return (await this.graphql(query, { id: workflowId }, token)).data.workflow;
  }

  finish(workflowId: string, token?: string): Promise<Step> {
    return this.attempt(workflowId, { deviceApproval: true }, token);
  }
}

/** The only request of a device. */
export async function requestOn(device: ApprovingDevice): Promise<Request> {
  const requests = await device.pending();
  const [request] = requests;
  if (request === undefined || requests.length !== 1)
    throw new Error(`There are ${requests.length} requests.`);
  return request;
}

/** The code of an expected failure, or `done`. */
export async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (error instanceof RefusedError) return error.code;
    throw error;
  }
}
