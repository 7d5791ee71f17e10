// The pages of the provider: HTML without scripts, which loads nothing.
import type { Person } from './people.ts';

const STYLE = `
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 30rem; margin: 3rem auto; padding: 0 1rem; color-scheme: light dark; }
  button { display: block; width: 100%; margin: .5rem 0; padding: .6rem 1rem; border: 1px solid #8888; border-radius: 8px;
    background: transparent; font: inherit; text-align: start; cursor: pointer; }
  button:hover, button:focus-visible { border-color: #d60690; }
  small { display: block; opacity: .75; }
  .quiet { border-color: transparent; text-align: center; text-decoration: underline; }`;

export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
<h1>${title}</h1>
${body}
</html>
`;
}

/** @param signedIn who is signed in already. Null: nobody. */
export function loginPage(people: readonly Person[], signedIn: Person | null): string {
  const others = people.filter(({ sub }) => sub !== signedIn?.sub);
  return page(
    'Who are you?',
    `<p>This is the example provider. It is for development, so it asks for no password.</p>
<form method="post">
${signedIn === null ? '' : choice(signedIn, 'You are signed in')}
${others.map((one) => choice(one)).join('\n')}
<button name="person" value="new">A new person<small>With a new address, for another sign-up</small></button>
<button class="quiet" name="person" value="">Cancel</button>
</form>`,
  );
}

function choice({ sub, name, email, email_verified: isVerified }: Person, note = ''): string {
  const notes = [email, isVerified ? '' : 'not verified', note].filter((one) => one !== '').join(' · ');
  return `<button name="person" value="${sub}">${escape(name)}<small>${escape(notes)}</small></button>`;
}

export const HOME_PAGE = page(
  'Example provider',
  `<p>Anyone can sign in here as anyone. Choose it where you sign in with Stepgate.</p>
<p><a href="/session/end">Sign out</a></p>`,
);

/** @param form of the provider, which the buttons send. */
export function logoutPage(form: string): string {
  return page(
    'Sign out?',
    `<p>Stepgate ends the sessions that began with this sign-in.</p>
${form}
<button autofocus type="submit" form="op.logoutForm" value="yes" name="logout">Yes, sign out</button>
<button type="submit" form="op.logoutForm">No</button>`,
  );
}

export const SIGNED_OUT_PAGE = page('You are signed out', '<p>You can close this page.</p>');

export function errorPage(error: string, description = ''): string {
  return page(
    'This cannot be continued',
    `<p><code>${escape(error)}</code> ${escape(description)}</p><p>Go back and start again.</p>`,
  );
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
