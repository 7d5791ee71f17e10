// Shows the answer that follows the `#`, as the value of `oauth` in a proof. An application would send it at once. The address
// bar keeps nothing of it.

const main = document.querySelector('main');
const answer = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
history.replaceState(null, '', location.pathname);

if (answer.error !== undefined) {
  show('You were not signed in', `The provider answered: ${answer.error}. Start again in tab 26.`);
} else if (answer.code === undefined) {
  show('There is no answer here', 'Open the url from tab 27 again, or start again in tab 26.');
} else {
  const json = JSON.stringify(answer);
  const shown = element('p', { id: 'answer', textContent: json });
  const copy = element('button', { type: 'button', className: 'yes', textContent: 'Copy' });
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(json);
    copy.textContent = 'Copied';
  });
  show('The answer of the provider', 'Paste it into tab 28. It works once, in this browser only.');
  main.append(shown, element('div', { className: 'buttons' }, copy));
}

function show(heading, text) {
  main.replaceChildren(element('h1', { textContent: heading }), element('p', { textContent: text }));
}

/** Everything is inserted as text. */
function element(name, properties, ...children) {
  const created = Object.assign(document.createElement(name), properties);
  created.append(...children);
  return created;
}
