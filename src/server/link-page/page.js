// The page of a link, in its visitor's browser: it shows what the link would approve, and approves nothing before a
// click. The token leaves the address at once, where people copy it from and where it would be shown over a shoulder; it
// stays with this tab's entry in the history, so that a reload finds it, and until the link is over.

const TEXTS = {
  en: {
    asks: {
      'sign-in': [
        'Are you signing in?',
        'With your yes, whoever asked for this link is signed in to your account.',
      ],
      'sign-up': [
        'Are you signing up?',
        'With your yes, whoever asked for this link gets an account with your address.',
      ],
      'password-reset': [
        'Do you want a new password?',
        'With your yes, whoever asked for this link may choose the new password of your account.',
      ],
      other: ['Is it you?', 'With your yes, whoever asked for this link goes on in your name.'],
    },
    onlyYou: 'Say yes only if you asked for it yourself, just now.',
    browser: 'Browser',
    place: 'Place, about',
    ip: 'IP address',
    requestedAt: 'Asked for',
    expiresAt: 'Valid until',
    yes: 'Yes, it is me',
    no: 'No, this was not me',
    approved: ['Approved', 'Go back to where you began: it goes on there. You can close this page.'],
    rejected: [
      'Ended',
      'Whoever asked for this link cannot use it any more, and nothing about your account has changed.',
      'To ask for it they needed nothing but your address or number. Pass on no link and no code that you did not ask for, and if this happens often, tell those who run this service.',
    ],
    over: [
      'This link is not valid any more',
      'It was used or ended, it is too old, or a newer one took its place. Go back to where you asked for it, and ask for a new one.',
      'If it was somebody else who asked, and who got in, sign in, choose a new password and end the other sessions.',
    ],
    missing: ['There is nothing to approve here', 'Open the link from your message again, the whole of it.'],
    failed: ['That did not work', 'The server cannot be reached, or is too busy. Try again in a moment.'],
    retry: 'Try again',
  },
  de: {
    asks: {
      'sign-in': [
        'Melden Sie sich gerade an?',
        'Mit Ihrem Ja wird, wer diesen Link angefordert hat, in Ihrem Konto angemeldet.',
      ],
      'sign-up': [
        'Registrieren Sie sich gerade?',
        'Mit Ihrem Ja bekommt, wer diesen Link angefordert hat, ein Konto mit Ihrer Adresse.',
      ],
      'password-reset': [
        'Möchten Sie ein neues Passwort?',
        'Mit Ihrem Ja darf, wer diesen Link angefordert hat, das neue Passwort Ihres Kontos wählen.',
      ],
      other: [
        'Sind Sie das?',
        'Mit Ihrem Ja geht es für den, der diesen Link angefordert hat, in Ihrem Namen weiter.',
      ],
    },
    onlyYou: 'Sagen Sie nur Ja, wenn Sie ihn eben selbst angefordert haben.',
    browser: 'Browser',
    place: 'Ort, etwa',
    ip: 'IP-Adresse',
    requestedAt: 'Angefordert',
    expiresAt: 'Gültig bis',
    yes: 'Ja, das bin ich',
    no: 'Nein, das war ich nicht',
    approved: [
      'Bestätigt',
      'Gehen Sie dorthin zurück, wo Sie begonnen haben: Dort geht es weiter. Diese Seite können Sie schließen.',
    ],
    rejected: [
      'Beendet',
      'Wer diesen Link angefordert hat, kann ihn nicht mehr verwenden, und an Ihrem Konto hat sich nichts geändert.',
      'Zum Anfordern genügte Ihre Adresse oder Nummer. Geben Sie keinen Link und keinen Code weiter, den Sie nicht angefordert haben, und wenn es oft vorkommt, sagen Sie es den Betreibern dieses Dienstes.',
    ],
    over: [
      'Dieser Link ist nicht mehr gültig',
      'Er wurde verwendet oder beendet, ist zu alt, oder ein neuerer hat ihn ersetzt. Gehen Sie dorthin zurück, wo Sie ihn angefordert haben, und fordern Sie einen neuen an.',
      'Wenn ihn jemand anders angefordert hat und hineingekommen ist: Melden Sie sich an, wählen Sie ein neues Passwort und beenden Sie die anderen Sitzungen.',
    ],
    missing: [
      'Hier ist nichts zu bestätigen',
      'Öffnen Sie den Link aus Ihrer Nachricht noch einmal, und zwar den ganzen.',
    ],
    failed: [
      'Das hat nicht geklappt',
      'Der Server ist nicht zu erreichen oder zu beschäftigt. Versuchen Sie es gleich noch einmal.',
    ],
    retry: 'Noch einmal versuchen',
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
/** How far the clock of the server is ahead of the visitor's. */
let aheadMs = 0;

document.documentElement.lang = language;
// Another link was pasted into the address: a new page, lest a click means what the old one still shows.
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
    else await read(); // somebody was first, or it has become too old: it stands as it stands
  });
}

function reject() {
  return attempt(async () => {
    const { rejectLink } = await ask(REJECT);
    if (rejectLink.__typename === 'LinkRequest') end(text.rejected);
    else await read();
  });
}

/** What fails can be tried again. Whatever was asked, to ask twice does no harm. */
async function attempt(work) {
  main.ariaBusy = 'true';
  for (const button of main.querySelectorAll('button')) button.disabled = true;
  try {
    await work();
  } catch {
    show(text.failed, { buttons: [button(text.retry, () => attempt(work), 'yes')] });
  }
}

/** One operation, without cookies: whoever visits this page is nobody to the server. */
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
  if (errors !== undefined || !data) throw new Error('The server could not answer.');
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

/** There is nothing left to do with the link. */
function end(message) {
  token = '';
  history.replaceState(null, '');
  show(message);
}

/** Only ever as text: a browser's name is whatever its sender likes. */
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

/** In the visitor's own time zone. */
function time(iso, format) {
  return new Intl.DateTimeFormat(locale, format).format(new Date(iso));
}

function ago(iso) {
  const minutes = Math.round((Date.now() + aheadMs - Date.parse(iso)) / MINUTE_MS);
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  return minutes < 1 ? relative.format(0, 'second') : relative.format(-minutes, 'minute');
}

/** The first language that we have, and its region's way to write times. */
function languageOf(wanted) {
  for (const one of wanted) {
    const [language] = one.toLowerCase().split('-');
    if (Object.hasOwn(TEXTS, language)) return [language, one];
  }
  return ['en', 'en'];
}
