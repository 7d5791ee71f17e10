// Every message in German.
import type { Catalogue } from './catalogue.ts';

const MINUTES = '{minutes, plural, one {# Minute} other {# Minuten}}';
const IF_NOT_YOU =
  'Wenn Sie das nicht waren, melden Sie sich sofort an, beenden Sie Ihre anderen Sitzungen und wählen Sie ein neues Passwort.';

export const de: Catalogue = {
  mails: {
    'email-code': {
      subject: 'Ihr Code ist {code}',
      paragraphs: [
        `Ihr Code ist {code}. Er gilt ${MINUTES} lang und nur einmal.`,
        'Damit genehmigen Sie: {approves}',
        'Wenn Sie ihn nicht angefordert haben, beachten Sie diese Nachricht nicht, und geben Sie den Code niemandem.',
      ],
    },
    'email-link': {
      subject:
        '{purpose, select, password_reset {Bestätigen Sie ein neues Passwort} sign_up {Bestätigen Sie Ihre Registrierung} other {Bestätigen Sie Ihre Anmeldung}}',
      action: 'Ansehen und bestätigen',
      paragraphs: [
        '{purpose, select, password_reset {Jemand, hoffentlich Sie selbst, möchte von hier aus ein neues Passwort für Ihr Konto wählen:} sign_up {Jemand, hoffentlich Sie selbst, legt von hier aus ein Konto mit dieser Adresse an:} other {Jemand, hoffentlich Sie selbst, meldet sich gerade von hier aus bei Ihrem Konto an:}}',
        '{origin}',
        'Dieser Link zeigt es noch einmal und lässt Sie es bestätigen:',
        '{link}',
        `Er gilt ${MINUTES} lang und nur einmal.`,
        'Wenn Sie ihn nicht gerade eben angefordert haben, öffnen Sie ihn nicht: Er ließe jemand anderen in Ihr Konto. Niemand hat einen guten Grund, Sie darum zu bitten.',
      ],
    },
    'already-registered': {
      subject: 'Sie haben schon ein Konto',
      paragraphs: [
        'Jemand, vielleicht Sie selbst, wollte sich mit dieser Adresse registrieren. Sie haben schon ein Konto: Melden Sie sich damit an, und wählen Sie ein neues Passwort, wenn Sie Ihres vergessen haben.',
        'Wenn Sie das nicht waren, müssen Sie nichts tun: Der Versuch ist gescheitert.',
      ],
    },
    'new-sign-in': {
      subject: 'Neue Anmeldung bei Ihrem Konto',
      paragraphs: ['Bei Ihrem Konto hat sich jemand von hier aus angemeldet:', '{origin}', IF_NOT_YOU],
    },
    'password-changed': {
      subject: 'Ihr Passwort wurde geändert',
      paragraphs: [
        'Das Passwort Ihres Kontos wurde geändert.',
        'Wenn Sie das nicht waren, fordern Sie sofort ein neues Passwort an, und beenden Sie alle Sitzungen.',
      ],
    },
    'factor-added': {
      subject: 'Ein Anmeldeweg kam hinzu',
      paragraphs: ['Zu Ihrem Konto kam hinzu: {factor}.', IF_NOT_YOU],
    },
    'factor-removed': {
      subject: 'Ein Anmeldeweg wurde entfernt',
      paragraphs: ['Aus Ihrem Konto wurde entfernt: {factor}.', IF_NOT_YOU],
    },
    'second-factors-removed': {
      subject: 'Ihre zweiten Faktoren wurden entfernt',
      paragraphs: [
        'Alle zweiten Faktoren Ihres Kontos wurden entfernt. Bis Sie wieder einen einrichten, genügt der erste Schritt zur Anmeldung.',
        'Wenn Sie nicht darum gebeten haben, melden Sie sich sofort an, beenden Sie Ihre anderen Sitzungen, wählen Sie ein neues Passwort, und richten Sie einen zweiten Faktor ein.',
      ],
    },
    'backup-codes-regenerated': {
      subject: 'Neue Ersatzcodes',
      paragraphs: ['Für Ihr Konto wurden neue Ersatzcodes erzeugt; die alten gelten nicht mehr.', IF_NOT_YOU],
    },
    'backup-codes-low': {
      subject: 'Sie haben nur noch wenige Ersatzcodes',
      paragraphs: [
        'Ein Ersatzcode wurde benutzt; es {remaining, plural, =0 {ist keiner} one {ist einer} other {sind #}} übrig. Jeder gilt einmal: Erzeugen Sie neue, solange Sie sich noch anmelden können.',
        IF_NOT_YOU,
      ],
    },
    'account-locked': {
      subject: 'Ihr Konto ist gesperrt',
      paragraphs: [
        'Jemand, vielleicht Sie selbst, hat sich zu oft vergeblich bei Ihrem Konto anzumelden versucht.',
        '{minutes, plural, =0 {Es ist gesperrt, bis Sie ein neues Passwort wählen oder ein Administrator es öffnet.} one {Es ist # Minute lang gesperrt.} other {Es ist # Minuten lang gesperrt.}}',
        'Wenn Sie das nicht waren: Es ist niemand hineingekommen. Wählen Sie ein neues Passwort, wenn jemand anders Ihres kennen könnte.',
      ],
    },
  },
  texts: {
    'phone-code': `Ihr Code ist {code}. Er gilt ${MINUTES} lang und nur einmal. {approving, select, yes {Damit genehmigen Sie: {approves}. } other {}}Geben Sie ihn niemandem.`,
    'phone-link': `{purpose, select, password_reset {Nur für ein neues Passwort} other {Nur für Ihre Anmeldung}} von eben, ${MINUTES} lang: {url}`,
  },
  factors: {
    PASSWORD: 'ein Passwort',
    EMAIL_CODE: 'eine E-Mail-Adresse',
    EMAIL_LINK: 'eine E-Mail-Adresse',
    PHONE_CODE: 'eine Telefonnummer',
    PHONE_LINK: 'eine Telefonnummer',
    TOTP: 'eine Authenticator-App',
    BACKUP_CODE: 'ein Satz Ersatzcodes',
    PASSKEY: 'ein Passkey',
    OAUTH: 'ein Identitätsanbieter',
  },
  origin: {
    browser: 'Browser: {browser}{system, select, none {} other { auf {system}}}',
    place: 'Ort: {place}',
    ip: 'IP-Adresse: {ip}',
    at: 'Zeit: {at} UTC',
  },
};
