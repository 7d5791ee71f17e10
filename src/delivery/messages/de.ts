// Every message in German, with the same arguments as in English.
import type { Catalogue } from './catalogue.ts';

const MINUTES = '{minutes, plural, one {# Minute} other {# Minuten}}';
const IF_NOT_YOU =
  'Wenn Sie das nicht waren, melden Sie sich sofort an, beenden Sie Ihre anderen Sitzungen und wählen Sie ein neues Passwort.';

export const de: Catalogue = {
  mails: {
    'email-code': {
      subject: 'Ihr Code lautet {code}',
      paragraphs: [
        `Ihr Code lautet {code}. Er ist ${MINUTES} lang gültig und kann nur einmal verwendet werden.`,
        'Mit diesem Code genehmigen Sie: {approves}',
        'Wenn Sie diesen Code nicht angefordert haben, ignorieren Sie diese Nachricht. Geben Sie den Code an niemanden weiter.',
      ],
    },
    'email-link': {
      subject:
        '{purpose, select, password_reset {Bestätigen Sie das Zurücksetzen Ihres Passworts} sign_up {Bestätigen Sie Ihre Registrierung} new_address {Bestätigen Sie Ihre E-Mail-Adresse} other {Bestätigen Sie Ihre Anmeldung}}',
      action: 'Prüfen und bestätigen',
      paragraphs: [
        '{purpose, select, password_reset {Jemand, hoffentlich Sie selbst, möchte das Passwort Ihres Kontos zurücksetzen. Die Anfrage kam von hier:} sign_up {Jemand, hoffentlich Sie selbst, möchte mit dieser E-Mail-Adresse ein Konto anlegen. Die Anfrage kam von hier:} new_address {Jemand, hoffentlich Sie selbst, möchte diese E-Mail-Adresse zu einem Konto hinzufügen. Die Anfrage kam von hier:} other {Jemand, hoffentlich Sie selbst, möchte sich bei Ihrem Konto anmelden. Die Anfrage kam von hier:}}',
        '{origin}',
        'Um die Anfrage zu prüfen und zu bestätigen, öffnen Sie diesen Link:',
        '{link}',
        `Der Link ist ${MINUTES} lang gültig und kann nur einmal verwendet werden.`,
        'Wenn Sie diesen Link nicht gerade selbst angefordert haben, öffnen Sie ihn nicht. {purpose, select, new_address {Mit Ihrer Bestätigung gehörte Ihre Adresse zum Konto von jemand anderem.} other {Mit Ihrer Bestätigung bekäme jemand anders Zugang zu Ihrem Konto.}} Niemand hat einen berechtigten Grund, Sie darum zu bitten.',
      ],
    },
    'already-registered': {
      subject: 'Sie haben bereits ein Konto',
      paragraphs: [
        'Jemand, vielleicht Sie selbst, hat versucht, sich mit dieser E-Mail-Adresse zu registrieren. Sie haben bereits ein Konto. Melden Sie sich damit an, oder setzen Sie Ihr Passwort zurück, wenn Sie es vergessen haben.',
        'Wenn Sie das nicht waren, müssen Sie nichts tun. Der Versuch ist gescheitert.',
      ],
    },
    'address-wanted': {
      subject: 'Sie haben bereits ein Konto mit dieser Adresse',
      paragraphs: [
        'Jemand, vielleicht Sie selbst, hat versucht, diese E-Mail-Adresse zu einem anderen Konto hinzuzufügen. Sie gehört zu Ihrem Konto, deshalb ist der Versuch gescheitert.',
        'Wenn Sie das waren, melden Sie sich stattdessen mit dieser Adresse an. Wenn nicht, müssen Sie nichts tun.',
      ],
    },
    'email-address-added': {
      subject: 'Eine E-Mail-Adresse wurde hinzugefügt',
      paragraphs: [
        'Die E-Mail-Adresse {address} wurde zu Ihrem Konto hinzugefügt. Sie können sich jetzt damit anmelden.',
        IF_NOT_YOU,
      ],
    },
    'email-address-removed': {
      subject: 'Eine E-Mail-Adresse wurde entfernt',
      paragraphs: [
        'Die E-Mail-Adresse {address} wurde von Ihrem Konto entfernt. Sie können sich nicht mehr damit anmelden.',
        IF_NOT_YOU,
      ],
    },
    'primary-email-address-changed': {
      subject: 'Ihre primäre E-Mail-Adresse wurde geändert',
      paragraphs: ['Die primäre E-Mail-Adresse Ihres Kontos ist jetzt {address}.', IF_NOT_YOU],
    },
    'accounts-merged': {
      subject: 'Ihre Konten wurden zusammengeführt',
      paragraphs: [
        'Zwei Konten wurden zu einem zusammengeführt. Sie können sich jetzt mit den E-Mail-Adressen beider Konten dort anmelden. Das Passwort, die Rollen und die Sitzungen sind die des Kontos, das geblieben ist.',
        'Wenn Sie das nicht veranlasst haben, wenden Sie sich sofort an die Betreiber dieses Dienstes.',
      ],
    },
    'new-sign-in': {
      subject: 'Neue Anmeldung bei Ihrem Konto',
      paragraphs: ['Bei Ihrem Konto gab es eine neue Anmeldung:', '{origin}', IF_NOT_YOU],
    },
    'approval-rejected': {
      subject: 'Sie haben eine Anfrage abgelehnt',
      paragraphs: [
        'Sie haben auf Ihrem Gerät eine Anfrage nach Zugang zu Ihrem Konto abgelehnt. Sie kam von hier:',
        '{origin}',
        'Die Anfrage ist gescheitert, und niemand ist in Ihr Konto gelangt. Wer sie gestellt hat, war schon über den ersten Schritt hinaus und kennt vielleicht Ihr Passwort. Wenn Sie das nicht waren, wählen Sie ein neues.',
        '{minutes, plural, =0 {Wenn auch die nächste Anfrage nicht von Ihnen kommt, lehnen Sie sie ebenfalls ab. Danach werden Ihre Geräte eine Zeit lang nicht mehr gefragt.} other {Das war nicht das erste Mal. Deshalb werden Ihre Geräte in den nächsten # Minuten nicht mehr gefragt. Um sich in dieser Zeit anzumelden, verwenden Sie einen anderen Faktor, zum Beispiel einen Backup-Code.}}',
      ],
    },
    'agent-created': {
      subject: 'Ein Agent hat Zugang zu Ihrem Konto',
      paragraphs: [
        'Sie haben dem Agenten „{agent}“ Zugang zu Ihrem Konto gegeben. Die Anfrage kam von hier:',
        '{origin}',
        'Der Agent steht in der Liste Ihrer Sitzungen. Dort können Sie seinen Zugang beenden.',
        IF_NOT_YOU,
      ],
    },
    'agent-request': {
      subject: 'Ein Agent bittet um Ihre Genehmigung',
      paragraphs: [
        'Der Agent „{agent}“ bittet um Ihre Genehmigung: {approves}',
        'Um die Anfrage zu genehmigen oder abzulehnen, melden Sie sich an. Geben Sie dem Agenten niemals einen Code oder ein Passwort.',
        'Wenn Sie diesen Agenten nicht kennen, lehnen Sie die Anfrage ab und beenden Sie seinen Zugang. Er steht in der Liste Ihrer Sitzungen.',
      ],
    },
    'password-changed': {
      subject: 'Ihr Passwort wurde geändert',
      paragraphs: [
        'Das Passwort Ihres Kontos wurde geändert.',
        'Wenn Sie das nicht waren, setzen Sie Ihr Passwort sofort zurück und beenden Sie alle Sitzungen.',
      ],
    },
    'factor-added': {
      subject: 'Eine Anmeldemethode wurde hinzugefügt',
      paragraphs: ['Zu Ihrem Konto wurde hinzugefügt: {factor}.', IF_NOT_YOU],
    },
    'factor-removed': {
      subject: 'Eine Anmeldemethode wurde entfernt',
      paragraphs: ['Aus Ihrem Konto wurde entfernt: {factor}.', IF_NOT_YOU],
    },
    'identity-linked': {
      subject: 'Eine Anmeldemethode wurde hinzugefügt',
      paragraphs: [
        'Ein Konto bei {provider} wurde mit Ihrem Konto verknüpft. Sie können sich jetzt damit anmelden.',
        IF_NOT_YOU,
      ],
    },
    'identity-unlinked': {
      subject: 'Eine Anmeldemethode wurde entfernt',
      paragraphs: [
        'Die Verknüpfung eines Kontos bei {provider} mit Ihrem Konto wurde entfernt. Sie können sich nicht mehr damit anmelden.',
        IF_NOT_YOU,
      ],
    },
    'passkey-copied': {
      subject: 'Einer Ihrer Passkeys wurde möglicherweise kopiert',
      paragraphs: [
        'Ein Versuch, einen Ihrer Passkeys zu verwenden, wurde abgelehnt. Der Zähler des Passkeys zeigt, dass jemand eine Kopie davon haben könnte.',
        'Entfernen Sie diesen Passkey aus Ihrem Konto, und fügen Sie einen neuen hinzu.',
      ],
    },
    'domain-activated': {
      subject: 'Nutzer von {domain} melden sich jetzt mit {provider} an',
      paragraphs: [
        'Sie erfahren das, weil Sie Administrator sind. Nutzer mit einer Adresse bei {domain} melden sich jetzt mit {provider} an und nicht mehr mit Passwort oder Code.',
        'Falls das niemand in Ihrer Organisation beabsichtigt hat, melden Sie sich an und entfernen Sie die Domain.',
      ],
    },
    'domain-released': {
      subject: 'Nutzer von {domain} melden sich nicht mehr mit einem Identitätsanbieter an',
      paragraphs: [
        'Sie erfahren das, weil Sie Administrator sind. Die Domain {domain} wurde entfernt oder hat einen anderen Identitätsanbieter bekommen. Ihre Nutzer können sich mit Passwort oder Code anmelden, bis Sie sie wieder aktivieren.',
        'Falls das niemand in Ihrer Organisation beabsichtigt hat, melden Sie sich an und fügen Sie die Domain wieder hinzu.',
      ],
    },
    'domain-missing': {
      subject: 'Der DNS-Eintrag von {domain} fehlt',
      paragraphs: [
        'Sie erfahren das, weil Sie Administrator sind. Der TXT-Eintrag, der beweist, dass {domain} Ihnen gehört, wurde nicht gefunden. Sein Name ist {recordName}, sein Wert {recordValue}.',
        'Veröffentlichen Sie ihn wieder. Fehlt er in einer Woche immer noch, geht die Domain verloren, und ihre Nutzer melden sich nicht mehr mit Ihrem Identitätsanbieter an.',
      ],
    },
    'domain-lost': {
      subject: 'Die Domain {domain} ist verloren',
      paragraphs: [
        'Sie erfahren das, weil Sie Administrator sind. Der TXT-Eintrag, der beweist, dass {domain} Ihnen gehört, fehlt seit einer Woche. Die Nutzer der Domain melden sich nicht mehr mit Ihrem Identitätsanbieter an. Kein Konto wurde gelöscht.',
        'Um die Domain wieder zu verwenden, veröffentlichen Sie den Eintrag, prüfen Sie die Domain, testen und aktivieren Sie sie.',
      ],
    },
    'signed-in-without-provider': {
      subject: 'Ein Administrator hat sich ohne Ihren Identitätsanbieter angemeldet',
      paragraphs: [
        'Sie erfahren das, weil Sie Administrator sind. {administrator} hat sich ohne den Identitätsanbieter der eigenen Domain angemeldet, was diesem Konto erlaubt ist:',
        '{origin}',
        'Falls das nicht beabsichtigt war, melden Sie sich an und entziehen Sie dieses Recht.',
      ],
    },
    'second-factors-removed': {
      subject: 'Ihre zweiten Faktoren wurden entfernt',
      paragraphs: [
        'Alle zweiten Faktoren Ihres Kontos wurden entfernt. Bis Sie wieder einen einrichten, genügt zur Anmeldung der erste Schritt.',
        'Wenn Sie nicht darum gebeten haben, melden Sie sich sofort an, beenden Sie Ihre anderen Sitzungen, wählen Sie ein neues Passwort und richten Sie einen zweiten Faktor ein.',
      ],
    },
    'deletion-scheduled': {
      subject: 'Ihr Konto wird gelöscht',
      paragraphs: [
        'Ihr Konto wird am {due} UTC gelöscht, und mit ihm alles, was über Sie gespeichert ist. Alle Ihre Sitzungen wurden beendet. Die Anfrage kam von hier:',
        '{origin}',
        'Um Ihr Konto zu behalten, melden Sie sich vorher an und brechen Sie die Löschung ab. Danach kann es niemand wiederherstellen.',
        'Wenn Sie das nicht waren, melden Sie sich sofort an, brechen Sie die Löschung ab und wählen Sie ein neues Passwort.',
      ],
    },
    'deletion-cancelled': {
      subject: 'Ihr Konto wird nicht gelöscht',
      paragraphs: [
        'Die Löschung Ihres Kontos wurde abgebrochen. Ihr Konto bleibt, wie es ist. Die Anfrage kam von hier:',
        '{origin}',
        IF_NOT_YOU,
      ],
    },
    'account-deleted': {
      subject: 'Ihr Konto wurde gelöscht',
      paragraphs: [
        'Ihr Konto wurde wie angekündigt gelöscht. Das ist die letzte Nachricht dazu.',
        'Mit dieser E-Mail-Adresse können Sie sich jederzeit neu registrieren.',
      ],
    },
    'data-exported': {
      subject: 'Ihre Daten wurden exportiert',
      paragraphs: [
        'Alles, was über Sie gespeichert ist, wurde aus Ihrem Konto exportiert. Die Anfrage kam von hier:',
        '{origin}',
        IF_NOT_YOU,
      ],
    },
    'backup-codes-regenerated': {
      subject: 'Neue Backup-Codes',
      paragraphs: [
        'Für Ihr Konto wurden neue Backup-Codes erstellt. Die alten sind nicht mehr gültig.',
        IF_NOT_YOU,
      ],
    },
    'backup-codes-low': {
      subject: 'Sie haben nur noch wenige Backup-Codes',
      paragraphs: [
        'Ein Backup-Code wurde verwendet. Sie haben {remaining, plural, =0 {keinen mehr} one {noch einen} other {noch #}}. Jeder Code kann nur einmal verwendet werden. Erstellen Sie neue, solange Sie sich noch anmelden können.',
        IF_NOT_YOU,
      ],
    },
    'account-locked': {
      subject: 'Ihr Konto ist gesperrt',
      paragraphs: [
        'Es gab zu viele fehlgeschlagene Versuche, sich bei Ihrem Konto anzumelden, vielleicht von Ihnen selbst.',
        '{minutes, plural, =0 {Das Konto ist gesperrt, bis Sie Ihr Passwort zurücksetzen oder ein Administrator es entsperrt.} one {Das Konto ist # Minute lang gesperrt.} other {Das Konto ist # Minuten lang gesperrt.}}',
        'Niemand ist in Ihr Konto gelangt. Wenn Sie das nicht waren und jemand anders Ihr Passwort kennen könnte, wählen Sie ein neues.',
      ],
    },
  },
  texts: {
    'phone-code': `Ihr Code lautet {code}. Er gilt ${MINUTES} und nur einmal. {approving, select, yes {Damit genehmigen Sie: {approves}. } other {}}Geben Sie ihn nicht weiter.`,
    'phone-link': `Nur öffnen, wenn Sie {purpose, select, password_reset {Ihr Passwort gerade zurücksetzen} other {sich gerade anmelden}}. ${MINUTES} gültig: {url}`,
  },
  origin: {
    browser: 'Browser: {browser}{system, select, none {} other { auf {system}}}',
    place: 'Ort: {place}',
    ip: 'IP-Adresse: {ip}',
    at: 'Zeit: {at} UTC',
  },
};
