// Everything that the page says, in each language.

export const TEXTS = {
  en: {
    enroll: [
      'Use this device to approve?',
      'From then on, you are asked on this device when you sign in elsewhere.',
      'Continue only if you have just scanned a code in your own account.',
    ],
    yesEnroll: 'Yes, use this device',
    enrolled: [
      'Almost done',
      'Go back to where you scanned the code, and complete the setup there.',
      'Keep this page: add it to your home screen or your bookmarks. Requests appear here.',
    ],
    enrollmentOver: [
      'This code is no longer valid',
      'It has expired, or a device has used it already. Go back to where you scanned it and start again. If you did not use it yourself, somebody else did: cancel there.',
    ],
    asks: {
      'sign-in': [
        'Are you signing in?',
        'If you approve, the person who asks will be signed in to your account.',
      ],
      'password-reset': [
        'Are you resetting your password?',
        'If you approve, the person who asks can choose a new password for your account.',
      ],
      'step-up': ['Do you approve this?', 'If you approve, the person who asks can go on in your account.'],
      enrollment: [
        'Are you adding a factor?',
        'If you approve, the person who asks can add another way to get into your account.',
      ],
      other: ['Did you make this request?', 'If you approve, the person who asks can continue in your name.'],
    },
    onlyYou: 'Approve only if you see the number yourself. Never type a number that somebody tells you.',
    account: 'Account',
    agent: 'For the agent',
    browser: 'Browser',
    place: 'Approximate location',
    ip: 'IP address',
    requestedAt: 'Requested',
    number: 'The number that you see there',
    numberMissing: 'Type the two digits that you see where you made the request.',
    yes: 'Approve',
    no: 'No, this was not me',
    approved: ['Approved', 'Go back to where you started to continue.'],
    rejected: [
      'Rejected',
      'Nobody got into your account. Whoever made the request may know your password. If it was not you, choose a new one.',
    ],
    NUMBER_INCORRECT: [
      'Incorrect number',
      'Nothing was approved. If you made the request yourself, start it again and type the number that you see.',
    ],
    over: ['This request is no longer valid', 'It has expired, or was answered or replaced by a newer one.'],
    none: ['No requests', 'Keep this page open, or come back when you sign in. Requests appear here.'],
    unknown: [
      'This device is not ready',
      'Complete the setup where you scanned the code. If you have removed this device from your account, scan a new code.',
    ],
    missing: [
      'This device is not set up',
      'To approve requests on this device, add it in your account: scan the code that is shown there.',
    ],
    failed: ['Something went wrong', 'The server is busy or cannot be reached. Try again in a moment.'],
    retry: 'Try again',
  },
  de: {
    enroll: [
      'Mit diesem Gerät bestätigen?',
      'Dann werden Sie auf diesem Gerät gefragt, wenn Sie sich anderswo anmelden.',
      'Fahren Sie nur fort, wenn Sie gerade in Ihrem eigenen Konto einen Code gescannt haben.',
    ],
    yesEnroll: 'Ja, dieses Gerät verwenden',
    enrolled: [
      'Fast fertig',
      'Kehren Sie dorthin zurück, wo Sie den Code gescannt haben, und schließen Sie die Einrichtung dort ab.',
      'Behalten Sie diese Seite: Legen Sie sie auf den Startbildschirm oder unter die Lesezeichen. Anfragen erscheinen hier.',
    ],
    enrollmentOver: [
      'Dieser Code ist nicht mehr gültig',
      'Er ist abgelaufen, oder ein Gerät hat ihn schon verwendet. Kehren Sie dorthin zurück, wo Sie ihn gescannt haben, und beginnen Sie von vorn. Wenn Sie ihn nicht selbst verwendet haben, war es jemand anders: Brechen Sie dort ab.',
    ],
    asks: {
      'sign-in': [
        'Melden Sie sich gerade an?',
        'Wenn Sie bestätigen, wird die Person, die fragt, bei Ihrem Konto angemeldet.',
      ],
      'password-reset': [
        'Setzen Sie gerade Ihr Passwort zurück?',
        'Wenn Sie bestätigen, kann die Person, die fragt, ein neues Passwort für Ihr Konto wählen.',
      ],
      'step-up': [
        'Bestätigen Sie das?',
        'Wenn Sie bestätigen, kann die Person, die fragt, in Ihrem Konto fortfahren.',
      ],
      enrollment: [
        'Fügen Sie gerade einen Faktor hinzu?',
        'Wenn Sie bestätigen, kann die Person, die fragt, einen weiteren Weg in Ihr Konto hinzufügen.',
      ],
      other: [
        'Haben Sie diese Anfrage gestellt?',
        'Wenn Sie bestätigen, kann die Person, die fragt, in Ihrem Namen fortfahren.',
      ],
    },
    onlyYou:
      'Bestätigen Sie nur, wenn Sie die Zahl selbst sehen. Geben Sie nie eine Zahl ein, die Ihnen jemand sagt.',
    account: 'Konto',
    agent: 'Für den Agenten',
    browser: 'Browser',
    place: 'Ungefährer Ort',
    ip: 'IP-Adresse',
    requestedAt: 'Angefragt',
    number: 'Die Zahl, die Sie dort sehen',
    numberMissing: 'Geben Sie die zwei Ziffern ein, die Sie dort sehen, wo Sie die Anfrage gestellt haben.',
    yes: 'Bestätigen',
    no: 'Nein, das war ich nicht',
    approved: ['Bestätigt', 'Kehren Sie dorthin zurück, wo Sie begonnen haben, und machen Sie dort weiter.'],
    rejected: [
      'Abgelehnt',
      'Niemand ist in Ihr Konto gelangt. Wer die Anfrage gestellt hat, kennt vielleicht Ihr Passwort. Wenn Sie das nicht waren, wählen Sie ein neues.',
    ],
    NUMBER_INCORRECT: [
      'Falsche Zahl',
      'Es wurde nichts bestätigt. Wenn Sie die Anfrage selbst gestellt haben, beginnen Sie von vorn und geben Sie die Zahl ein, die Sie sehen.',
    ],
    over: [
      'Diese Anfrage ist nicht mehr gültig',
      'Sie ist abgelaufen, wurde schon beantwortet oder durch eine neuere ersetzt.',
    ],
    none: [
      'Keine Anfragen',
      'Lassen Sie diese Seite offen, oder kommen Sie zurück, wenn Sie sich anmelden. Anfragen erscheinen hier.',
    ],
    unknown: [
      'Dieses Gerät ist nicht bereit',
      'Schließen Sie die Einrichtung dort ab, wo Sie den Code gescannt haben. Wenn Sie dieses Gerät aus Ihrem Konto entfernt haben, scannen Sie einen neuen Code.',
    ],
    missing: [
      'Dieses Gerät ist nicht eingerichtet',
      'Um Anfragen auf diesem Gerät zu bestätigen, fügen Sie es in Ihrem Konto hinzu: Scannen Sie den Code, der dort angezeigt wird.',
    ],
    failed: [
      'Etwas ist schiefgegangen',
      'Der Server ist überlastet oder nicht erreichbar. Versuchen Sie es gleich noch einmal.',
    ],
    retry: 'Erneut versuchen',
  },
};
