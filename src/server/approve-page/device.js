// The device: its key, which scripts can use but not read, and what it says to the server. The protocol is in
// docs/device-approval.md.

const PROTOCOL = 'stepgate device approval 1';
const KEY = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };
const TIMEOUT_MS = 15_000;

const REQUEST =
  'id workflow approves agentName operationDigest workflowDigest browser place ip requestedAt expiresAt';
const ENROLL = `mutation ($input: EnrollDeviceInput!) {
  answer: enrollDevice(input: $input) {
    __typename ... on EnrolledDevice { deviceId account label } ... on UserError { code }
  }
}`;
const LIST = `query ($input: PendingApprovalsInput!) {
  answer: pendingApprovals(input: $input) {
    __typename ... on PendingApprovals { requests { ${REQUEST} } }
    ... on DeviceClockWrong { serverTime } ... on UserError { code }
  }
}`;
const ANSWER = `mutation ($input: AnswerApprovalInput!) {
  answer: answerApproval(input: $input) { __typename ... on UserError { code } }
}`;
const PUSH_KEY = '{ answer: settings { pushKey } }';

/** How far the clock of the server is ahead. */
let aheadSeconds = 0;

/** The server's time, in milliseconds. */
export function serverNow() {
  return Date.now() + aheadSeconds * 1000;
}

/** Enrolls this device with the token of the scanned address. @returns the code of a failure, or null. */
export async function enroll(token) {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(KEY, false, ['sign', 'verify']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  const subscription = await subscribe();
  const { endpoint = '', keys = { p256dh: '', auth: '' } } = subscription ?? {};
  const device = { deviceId: token.split('.')[0], privateKey };
  const signature = await sign(device, 'enroll', [token, x, y, endpoint, keys.p256dh, keys.auth]);
  const publicJwk = { kty, crv, x, y };
  const answer = await ask(ENROLL, { input: { token, publicKey: publicJwk, subscription, signature } });
  if (answer.__typename !== 'EnrolledDevice') return answer.code;
  await keep({ ...device, account: answer.account, label: answer.label });
  return null;
}

/** The requests that wait for this device, or the code of a failure. */
export async function pending(device) {
  for (let tries = 0; ; tries += 1) {
    const time = Math.floor(serverNow() / 1000);
    const signature = await sign(device, 'list', [String(time)]);
    const answer = await ask(LIST, { input: { deviceId: device.deviceId, time, signature } });
    if (answer.__typename === 'PendingApprovals') return { requests: answer.requests, code: null };
    if (answer.__typename !== 'DeviceClockWrong' || tries > 0) return { requests: [], code: answer.code };
    aheadSeconds = Math.round((Date.parse(answer.serverTime) - Date.now()) / 1000);
  }
}

/** @param number that the user typed; empty to reject. @returns the code of a failure, or null. */
export async function answerRequest(device, { id, workflowDigest, operationDigest }, number) {
  const decision = number === '' ? 'REJECT' : 'APPROVE';
  const signature = await sign(device, 'answer', [
    id,
    workflowDigest,
    decision,
    number,
    operationDigest ?? '',
  ]);
  const { deviceId } = device;
  const given = number === '' ? {} : { number };
  const answer = await ask(ANSWER, { input: { deviceId, requestId: id, decision, ...given, signature } });
  return answer.__typename === 'AnsweredApproval' ? null : answer.code;
}

async function sign({ deviceId, privateKey }, says, lines) {
  const text = [PROTOCOL, says, location.origin, deviceId, ...lines].join('\n');
  const signature = await crypto.subtle.sign(SIGNATURE, privateKey, new TextEncoder().encode(text));
  return base64url(new Uint8Array(signature));
}

function base64url(bytes) {
  const text = btoa(String.fromCodePoint(...bytes));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Null if this browser has no Web Push, or the user does not want it. The page then has to be open. */
async function subscribe() {
  try {
    const { pushKey } = await ask(PUSH_KEY, {});
    if (pushKey === null || !('PushManager' in window)) return null;
    if ((await Notification.requestPermission()) !== 'granted') return null;
    const { pushManager } = await navigator.serviceWorker.ready;
    const subscription = await pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: pushKey,
    });
    const { endpoint, keys } = subscription.toJSON();
    return { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } };
  } catch {
    return null;
  }
}

/** Sends one operation without cookies: a device needs no session. */
async function ask(query, variables) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query, variables }),
    credentials: 'omit',
    cache: 'no-store',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const { data, errors } = await response.json();
  if (errors !== undefined || !data?.answer) throw new Error('The server returned an error.');
  return data.answer;
}

/** The devices that this browser is, one for each account. */
export async function devices() {
  return request((await store('readonly')).getAll());
}

async function keep(device) {
  await request((await store('readwrite')).put(device));
}

async function store(mode) {
  const opening = indexedDB.open('stepgate-approvals', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('devices', { keyPath: 'deviceId' });
  const database = await request(opening);
  return database.transaction('devices', mode).objectStore('devices');
}

function request(asked) {
  return new Promise((resolve, reject) => {
    asked.addEventListener('success', () => resolve(asked.result));
    asked.addEventListener('error', () => reject(asked.error));
  });
}
