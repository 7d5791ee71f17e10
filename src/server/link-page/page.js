// The link page. It shows what the link approves, and approves nothing before a click. The token is removed from the
// address bar immediately, where people could copy or read it. It stays in this tab's history entry, so that a reload
// finds it, until the link is used or expires.

const TEXTS = {
  en: {
    asks: {
      'sign-in': [
        'Are you signing in?',
        'If you approve, the person who requested this link will be signed in to your account.',
      ],
      'sign-up': [
        'Are you signing up?',
        'If you approve, the person who requested this link will get an account with your address.',
      ],
      'password-reset': [
        'Are you resetting your password?',
        'If you approve, the person who requested this link can choose a new password for your account.',
      ],
      other: [
        'Did you request this link?',
        'If you approve, the person who requested this link can continue in your name.',
      ],
    },
    onlyYou: 'Approve only if you requested this link yourself, just now.',
    browser: 'Browser',
    place: 'Approximate location',
    ip: 'IP address',
    requestedAt: 'Requested',
    expiresAt: 'Valid until',
    yes: 'Yes, approve',
    no: 'No, this was not me',
    approved: ['Approved', 'Return to where you started to continue. You can close this page.'],
    rejected: [
      'Rejected',
      'The person who requested this link can no longer use it. Nothing in your account has changed.',
      'All that they needed was your address or phone number. Never share links or codes that you did not request. If this happens often, contact the operators of this service.',
    ],
    over: [
      'This link is no longer valid',
      'It has expired, was already used or rejected, or was replaced by a newer one. Return to where you requested it and request a new one.',
      'If someone else requested the link and got into your account, sign in, choose a new password and end all other sessions.',
    ],
    missing: [
      'There is nothing to approve here',
      'Open the link in your message again, and make sure that it is complete.',
    ],
    failed: ['Something went wrong', 'The server is busy or cannot be reached. Try again in a moment.'],
    retry: 'Try again',
  },
  de: {
    asks: {
      'sign-in': [
        'Melden Sie sich gerade an?',
        'Wenn Sie bestätigen, wird die Person, die diesen Link angefordert hat, bei Ihrem Konto angemeldet.',
      ],
      'sign-up': [
        'Registrieren Sie sich gerade?',
        'Wenn Sie bestätigen, erhält die Person, die diesen Link angefordert hat, ein Konto mit Ihrer Adresse.',
      ],
      'password-reset': [
        'Setzen Sie gerade Ihr Passwort zurück?',
        'Wenn Sie bestätigen, kann die Person, die diesen Link angefordert hat, ein neues Passwort für Ihr Konto wählen.',
      ],
      other: [
        'Haben Sie diesen Link angefordert?',
        'Wenn Sie bestätigen, kann die Person, die diesen Link angefordert hat, in Ihrem Namen fortfahren.',
      ],
    },
    onlyYou: 'Bestätigen Sie nur, wenn Sie diesen Link gerade selbst angefordert haben.',
    browser: 'Browser',
    place: 'Ungefährer Ort',
    ip: 'IP-Adresse',
    requestedAt: 'Angefordert',
    expiresAt: 'Gültig bis',
    yes: 'Ja, bestätigen',
    no: 'Nein, das war ich nicht',
    approved: [
      'Bestätigt',
      'Kehren Sie dorthin zurück, wo Sie begonnen haben, und machen Sie dort weiter. Diese Seite können Sie schließen.',
    ],
    rejected: [
      'Abgelehnt',
      'Die Person, die diesen Link angefordert hat, kann ihn nicht mehr verwenden. An Ihrem Konto hat sich nichts geändert.',
      'Um den Link anzufordern, genügte Ihre Adresse oder Telefonnummer. Geben Sie niemals Links oder Codes weiter, die Sie nicht angefordert haben. Wenn das öfter vorkommt, wenden Sie sich an die Betreiber dieses Dienstes.',
    ],
    over: [
      'Dieser Link ist nicht mehr gültig',
      'Er ist abgelaufen, wurde bereits verwendet oder abgelehnt oder durch einen neueren ersetzt. Kehren Sie dorthin zurück, wo Sie ihn angefordert haben, und fordern Sie einen neuen an.',
      'Wenn jemand anders den Link angefordert hat und in Ihr Konto gelangt ist, melden Sie sich an, wählen Sie ein neues Passwort und beenden Sie alle anderen Sitzungen.',
    ],
    missing: [
      'Hier gibt es nichts zu bestätigen',
      'Öffnen Sie den Link in Ihrer Nachricht noch einmal, und achten Sie darauf, dass er vollständig ist.',
    ],
    failed: [
      'Etwas ist schiefgegangen',
      'Der Server ist überlastet oder nicht erreichbar. Versuchen Sie es gleich noch einmal.',
    ],
    retry: 'Erneut versuchen',
  },
};

const REQUEST = 'workflow browser place ip requestedAt expiresAt approvedAt';
const READ = `query ($token: String!) { link(token: $token) { __typename ${REQUEST} } }`;
const APPROVE = 'mutation ($token: String!) { approveLink(token: $token) { __typename } }';
const REJECT = 'mutation ($token: String!) { rejectLink(token: $token) { __typename } }';

const TIMEOUT_MS = 15_000;
const MINUTE_MS = 60_000;

const [language, locale] = languageOf(navigator.languages);
const text = TEXTS[language];
const main = document.querySelector('main');
let token = '';
/** How far the server's clock is ahead of the visitor's. */
let aheadMs = 0;

document.documentElement.lang = language;
// If another link is pasted into the address bar, reload, so that a click cannot apply to what the old link showed.
window.addEventListener('hashchange', () => location.reload());
open();

function open() {
  const inAddress = location.hash.slice(1);
  if (inAddress !== '') history.replaceState({ token: inAddress }, '', location.pathname);
  token = history.state?.token ?? '';
  if (/^[\w-]{43}$/.test(token)) void read();
  else show(text.missing);
}

function read() {
  return attempt(async () => {
    const { link } = await ask(READ);
    if (link === null) end(text.over);
    else if (link.approvedAt !== null) show(text.approved);
    else showRequest(link);
  });
}

function approve() {
  return attempt(async () => {
    const { approveLink } = await ask(APPROVE);
    if (approveLink.__typename === 'LinkRequest') show(text.approved);
    else await read(); // it was approved or rejected elsewhere, or has expired: show its current state
  });
}

function reject() {
  return attempt(async () => {
    const { rejectLink } = await ask(REJECT);
    if (rejectLink.__typename === 'LinkRequest') end(text.rejected);
    else await read();
  });
}

/** Offers to try again after a failure. Every operation here can safely be repeated. */
async function attempt(work) {
  main.ariaBusy = 'true';
  for (const button of main.querySelectorAll('button')) button.disabled = true;
  try {
    await work();
  } catch {
    show(text.failed, { buttons: [button(text.retry, () => attempt(work), 'yes')] });
  }
}

/** Sends one operation without cookies, because the visitor does not have to be signed in. */
async function ask(query) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query, variables: { token } }),
    credentials: 'omit',
    cache: 'no-store',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const { data, errors } = await response.json();
  if (errors !== undefined || !data) throw new Error('The server returned an error.');
  aheadMs = (Date.parse(response.headers.get('date') ?? '') || Date.now()) - Date.now();
  return data;
}

function showRequest({ workflow, browser, place, ip, requestedAt, expiresAt }) {
  const kind = Object.hasOwn(text.asks, workflow) ? workflow : 'other';
  const [heading, consequence] = text.asks[kind];
  const details = [
    [text.browser, browser],
    [text.place, place],
    [text.ip, ip],
    [
      text.requestedAt,
      `${time(requestedAt, { dateStyle: 'long', timeStyle: 'short' })} (${ago(requestedAt)})`,
    ],
    [text.expiresAt, time(expiresAt, { timeStyle: 'short' })],
  ];
  show([heading, consequence, text.onlyYou], {
    details: details.filter(([, value]) => value !== null),
    buttons: [button(text.yes, approve, 'yes'), button(text.no, reject)],
  });
}

/** Forgets the token, because the link can no longer be used. */
function end(message) {
  token = '';
  history.replaceState(null, '');
  show(message);
}

/** Inserts everything as text, because the browser name comes from whoever requested the link. */
function show([heading, ...paragraphs], { details = [], buttons = [] } = {}) {
  const title = element('h1', { textContent: heading, tabIndex: -1 });
  const list = details.map(([term, value]) =>
    element('div', {}, element('dt', { textContent: term }), element('dd', { textContent: value })),
  );
  main.replaceChildren(
    title,
    ...paragraphs.map((textContent) => element('p', { textContent })),
    ...(list.length === 0 ? [] : [element('dl', {}, ...list)]),
    ...(buttons.length === 0 ? [] : [element('div', { className: 'buttons' }, ...buttons)]),
  );
  main.ariaBusy = 'false';
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

/** Formats a time in the visitor's time zone. */
function time(iso, format) {
  return new Intl.DateTimeFormat(locale, format).format(new Date(iso));
}

function ago(iso) {
  const minutes = Math.round((Date.now() + aheadMs - Date.parse(iso)) / MINUTE_MS);
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  return minutes < 1 ? relative.format(0, 'second') : relative.format(-minutes, 'minute');
}

/** The visitor's first preferred language that is available, and the full locale for formatting times. */
function languageOf(wanted) {
  for (const one of wanted) {
    const [language] = one.toLowerCase().split('-');
    if (Object.hasOwn(TEXTS, language)) return [language, one];
  }
  return ['en', 'en'];
}
