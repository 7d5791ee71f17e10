// A device that approves, as docs/device-approval.md describes it: the reference for native apps, used by the demo and
// the tests. It uses nothing but fetch and the Web Cryptography API, and its private key cannot be extracted.

/** What the device keeps. */
export interface Enrolled {
  /** The origin of the address that was scanned. */
  readonly server: string;
  readonly deviceId: string;
  readonly privateKey: CryptoKey;
}

export interface Request {
  readonly id: string;
  readonly workflow: string;
  readonly approves: string | null;
  readonly agentName: string | null;
  readonly operationDigest: string | null;
  readonly workflowDigest: string;
  readonly browser: string | null;
  readonly place: string | null;
  readonly ip: string | null;
  readonly requestedAt: string;
  readonly expiresAt: string;
}

/** What the answer to a request names. */
type Answerable = Pick<Request, 'id' | 'workflowDigest' | 'operationDigest'>;

export interface Subscription {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

interface Answer {
  readonly data?: Readonly<Record<string, Record<string, unknown> | null>> | null;
  readonly errors?: readonly { readonly message: string }[];
}

/** An expected failure, by its code. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code: string;
  constructor(code: string) {
    super(`The server answered ${code}.`);
    this.code = code;
  }
}

const PROTOCOL = 'stepgate device approval 1';
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;

export class ApprovingDevice {
  readonly enrolled: Enrolled;
  /** Where the server can be reached, if that is not its public address. */
  readonly #api: string;
  /** How far the clock of the server is ahead. */
  #aheadSeconds = 0;

  constructor(enrolled: Enrolled, api: string = enrolled.server) {
    this.enrolled = enrolled;
    this.#api = api;
  }

  /** Enrolls a new device. @param url the address that the user has scanned. */
  static async enroll(
    url: string,
    subscription: Subscription | null = null,
    api?: string,
  ): Promise<ApprovingDevice> {
    const { origin: server, hash } = new URL(url);
    const token = hash.replace(/^#enroll=/, '');
    const [deviceId = ''] = token.split('.');
    const { privateKey, publicKey } = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
    const { kty, crv, x = '', y = '' } = await crypto.subtle.exportKey('jwk', publicKey);
    const { endpoint = '', keys = { p256dh: '', auth: '' } } = subscription ?? {};
    const device = new ApprovingDevice({ server, deviceId, privateKey }, api);
    const signature = await device.sign('enroll', token, x, y, endpoint, keys.p256dh, keys.auth);
    const input = { token, publicKey: { kty, crv, x, y }, subscription, signature };
    await device.ask(
      'mutation',
      'enrollDevice',
      'EnrollDeviceInput',
      input,
      '... on EnrolledDevice { account }',
    );
    return device;
  }

  /** The requests that wait for an answer. */
  async pending(): Promise<Request[]> {
    const { deviceId } = this.enrolled;
    const time = Math.floor(Date.now() / 1000) + this.#aheadSeconds;
    const input = { deviceId, time, signature: await this.sign('list', String(time)) };
    const request =
      'id workflow approves agentName operationDigest workflowDigest browser place ip requestedAt expiresAt';
    try {
      const selection = `... on PendingApprovals { requests { ${request} } } ... on DeviceClockWrong { serverTime }`;
      const { requests } = await this.ask(
        'query',
        'pendingApprovals',
        'PendingApprovalsInput',
        input,
        selection,
      );
      return requests as Request[];
    } catch (error) {
      if (!(error instanceof ClockError) || this.#aheadSeconds === error.aheadSeconds) throw error;
      this.#aheadSeconds = error.aheadSeconds;
      return this.pending();
    }
  }

  /** @param number that is shown where the request was made. The user types it. */
  approve(request: Answerable, number: string): Promise<void> {
    return this.#answer(request, 'APPROVE', number);
  }

  reject(request: Answerable): Promise<void> {
    return this.#answer(request, 'REJECT', '');
  }

  async #answer({ id, workflowDigest, operationDigest }: Answerable, decision: string, number: string) {
    const signature = await this.sign('answer', id, workflowDigest, decision, number, operationDigest ?? '');
    const input = {
      deviceId: this.enrolled.deviceId,
      requestId: id,
      decision,
      ...(number === '' ? {} : { number }),
      signature,
    };
    await this.ask(
      'mutation',
      'answerApproval',
      'AnswerApprovalInput',
      input,
      '... on AnsweredApproval { decision }',
    );
  }

  /** Signs the lines of a message. */
  async sign(says: string, ...lines: readonly string[]): Promise<string> {
    const { server, deviceId, privateKey } = this.enrolled;
    const text = [PROTOCOL, says, server, deviceId, ...lines].join('\n');
    const bytes = new TextEncoder().encode(text);
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, bytes);
    return base64url(new Uint8Array(signature));
  }

  /** Sends one operation, without cookies. @throws {RefusedError} */
  async ask(
    kind: 'query' | 'mutation',
    field: string,
    type: string,
    input: object,
    selection: string,
  ): Promise<Record<string, unknown>> {
    const selected = `${selection} ... on UserError { code }`;
    const query = `${kind} ($input: ${type}!) { ${field}(input: $input) { ${selected} } }`;
    const response = await fetch(`${this.#api}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { input } }),
      credentials: 'omit',
    });
    const { data, errors: problems = [] } = (await response.json()) as Answer;
    const answer = data?.[field];
    if (answer === undefined || answer === null)
      throw new Error(problems[0]?.message ?? 'The server returned an error.');
    if ('serverTime' in answer) throw new ClockError(String(answer['serverTime']));
    if ('code' in answer) throw new RefusedError(String(answer['code']));
    return answer;
  }
}

class ClockError extends RefusedError {
  readonly aheadSeconds: number;
  constructor(serverTime: string) {
    super('DEVICE_CLOCK_WRONG');
    this.aheadSeconds = Math.round((Date.parse(serverTime) - Date.now()) / 1000);
  }
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCodePoint(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
