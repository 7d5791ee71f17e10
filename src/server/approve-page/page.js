// The page of a device that approves. It enrolls the device after a click, and then shows one request at a time. Nothing
// is approved before a number is typed and a button is pressed. The token of the scanned address is removed from the
// address bar immediately, where people could copy or read it.
import { answerRequest, devices, enroll, pending, serverNow } from './approve-device.js';
import { TEXTS } from './approve-texts.js';

const POLL_MS = 2000;
const MINUTE_MS = 60_000;

const [language, locale] = languageOf(navigator.languages);
const text = TEXTS[language];
const main = document.querySelector('main');
/** The request on the screen, and those that were answered here. */
let shown = null;
const answered = new Set();
let polling = 0;
/** Whether the user still has to confirm this device where the code was scanned. */
let isNew = false;

document.documentElement.lang = language;
window.addEventListener('hashchange', () => location.reload());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void poll();
});
navigator.serviceWorker?.register('/approve-worker.js', { scope: '/approve' }).catch(() => {});
open();

function open() {
  const { hash } = location;
  if (hash !== '') {
    const token = hash.startsWith('#enroll=') ? hash.slice('#enroll='.length) : null;
    const request = hash.startsWith('#request=') ? hash.slice('#request='.length) : null;
    history.replaceState({ token, request }, '', location.pathname);
  }
  const token = history.state?.token ?? null;
  if (token === null) void poll();
  else askToEnroll(token);
}

function askToEnroll(token) {
  show(text.enroll, { buttons: [button(text.yesEnroll, () => attempt(() => enrollHere(token)), 'yes')] });
}

async function enrollHere(token) {
  const code = await enroll(token);
  history.replaceState(null, '');
  if (code !== null) return show(text.enrollmentOver);
  isNew = true;
  show(text.enrolled);
  wait();
}

/** Shows the newest request, or the one that was scanned. A request that is on the screen stays there while it waits. */
async function poll() {
  clearTimeout(polling);
  const all = await devices();
  if (all.length === 0) return show(text.missing);
  try {
    const lists = await Promise.all(all.map(async (device) => ({ device, ...(await pending(device)) })));
    const open = lists
      .flatMap(({ device, requests }) => requests.map((request) => ({ device, request })))
      .filter(({ request }) => !answered.has(request.id));
    const next = open.find(({ request }) => request.id === history.state?.request) ?? open[0];
    if (shown !== null && open.some(({ request }) => request.id === shown)) return wait();
    if (next !== undefined) showRequest(next);
    else if (shown !== null) end(text.over);
    else if (main.dataset.final !== 'true') showNothing(lists.some(({ code }) => code === null));
  } catch {
    if (shown === null && main.dataset.final !== 'true') show(text.failed, { isQuiet: true });
  }
  wait();
}

function showNothing(isReady) {
  if (isReady) isNew = false;
  if (!isNew) show(isReady ? text.none : text.unknown, { isQuiet: true });
}

function wait() {
  clearTimeout(polling);
  polling = setTimeout(() => void poll(), POLL_MS);
}

function showRequest({ device, request }) {
  const { workflow, approves, agentName, browser, place, ip, requestedAt } = request;
  const [heading, consequence] = text.asks[Object.hasOwn(text.asks, workflow) ? workflow : 'other'];
  const details = [
    [text.account, device.account || null],
    [text.agent, agentName],
    [text.browser, browser],
    [text.place, place],
    [text.ip, ip],
    [text.requestedAt, `${time(requestedAt)} (${ago(requestedAt)})`],
  ];
  const field = element('input', {
    id: 'number',
    type: 'text',
    inputMode: 'numeric',
    autocomplete: 'off',
    maxLength: 2,
    pattern: '\\d{2}',
  });
  const problem = element('p', { className: 'problem', role: 'alert' });
  const approve = () => {
    const number = field.value.trim();
    if (!/^\d{2}$/.test(number)) {
      problem.textContent = text.numberMissing;
      field.focus();
      return;
    }
    void attempt(() => answer(device, request, number));
  };
  field.addEventListener('keydown', ({ key }) => key === 'Enter' && approve());
  show([heading, consequence, text.onlyYou], {
    approves,
    details: details.filter(([, value]) => value !== null),
    field: [element('label', { htmlFor: 'number', textContent: text.number }), field, problem],
    buttons: [
      button(text.yes, approve, 'yes'),
      button(text.no, () => attempt(() => answer(device, request, ''))),
    ],
  });
  shown = request.id;
}

async function answer(device, request, number) {
  const code = await answerRequest(device, request, number);
  if (code === 'CONFLICT') throw new Error('The workflow changed at the same time.');
  answered.add(request.id);
  if (code === null) end(number === '' ? text.rejected : text.approved);
  else end(code === 'NUMBER_INCORRECT' ? text.NUMBER_INCORRECT : text.over);
}

/** What stays on the screen until there is another request. */
function end(message) {
  shown = null;
  show(message);
  main.dataset.final = 'true';
  wait();
}

/** Offers to try again after a failure. Every operation here can safely be repeated. */
async function attempt(work) {
  clearTimeout(polling);
  main.ariaBusy = 'true';
  for (const one of main.querySelectorAll('button, input')) one.disabled = true;
  try {
    await work();
  } catch {
    shown = null;
    show(text.failed, { buttons: [button(text.retry, () => attempt(work), 'yes')] });
  }
}

/** Inserts everything as text, because the browser name comes from whoever made the request. */
function show(
  [heading, ...paragraphs],
  { approves = null, details = [], field = [], buttons = [], isQuiet } = {},
) {
  if (isQuiet && document.title === heading) return;
  const title = element('h1', { textContent: heading, tabIndex: -1 });
  const list = details.map(([term, value]) =>
    element('div', {}, element('dt', { textContent: term }), element('dd', { textContent: value })),
  );
  main.replaceChildren(
    title,
    ...(approves === null ? [] : [element('p', { className: 'approves', textContent: approves })]),
    ...paragraphs.map((textContent) => element('p', { textContent })),
    ...(list.length === 0 ? [] : [element('dl', {}, ...list)]),
    ...field,
    ...(buttons.length === 0 ? [] : [element('div', { className: 'buttons' }, ...buttons)]),
  );
  main.ariaBusy = 'false';
  main.dataset.final = 'false';
  document.title = heading;
  title.focus();
}

function button(textContent, onclick, className = '') {
  return element('button', { type: 'button', textContent, onclick, className });
}

function element(name, properties, ...children) {
  const created = Object.assign(document.createElement(name), properties);
  created.append(...children);
  return created;
}

function time(iso) {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' }).format(new Date(iso));
}

function ago(iso) {
  const minutes = Math.round((serverNow() - Date.parse(iso)) / MINUTE_MS);
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  return minutes < 1 ? relative.format(0, 'second') : relative.format(-minutes, 'minute');
}

/** The user's first preferred language that is available, and the full locale for formatting times. */
function languageOf(wanted) {
  for (const one of wanted) {
    const [language] = one.toLowerCase().split('-');
    if (Object.hasOwn(TEXTS, language)) return [language, one];
  }
  return ['en', 'en'];
}
