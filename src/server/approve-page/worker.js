// Shows a notification for each push message, which says only that there is a request, and opens it when it is clicked.

const NOTIFICATIONS = {
  en: { title: 'Approve a request?', body: 'Open this to see who asks, and from where.' },
  de: { title: 'Eine Anfrage bestätigen?', body: 'Öffnen Sie dies, um zu sehen, wer fragt und von wo.' },
};

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('push', (event) => {
  const request = requestIn(event.data);
  const { title, body } = NOTIFICATIONS[navigator.language.slice(0, 2)] ?? NOTIFICATIONS.en;
  const options = { body, tag: request, icon: '/approve.svg', requireInteraction: true, data: { request } };
  event.waitUntil(self.registration.showNotification(title, options));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(openRequest(event.notification.data.request));
});

async function openRequest(request) {
  const pages = await self.clients.matchAll({ type: 'window' });
  const page = pages.find(({ url }) => new URL(url).pathname === '/approve');
  if (page === undefined) await self.clients.openWindow(`/approve#request=${request}`);
  else await page.focus();
}

/** Whatever arrives, a notification is shown: browsers require one. */
function requestIn(data) {
  try {
    const { request } = data.json();
    return /^[\da-f-]{36}$/.test(request) ? request : '';
  } catch {
    return '';
  }
}
