// A person who uses GraphiQL: opens tabs, copies and pastes, presses the play button, and looks into the inbox.
import type { Locator, Page } from 'playwright-core';

// oxlint-disable-next-line typescript/no-explicit-any -- a person reads whatever is shown
type Answer = any;

/** GraphiQL needs a tenth of a second to detect the operation of a tab. A person is slower than that. */
const PAUSE_MS = 150;

type Tool = 'Variables' | 'Headers';

export class Person {
  readonly page: Page;
  readonly #url: string;

  /** @param url the URL of the server. */
  constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
  }

  /** Opens GraphiQL and waits for its editors. */
  async arrive(search = ''): Promise<void> {
    await this.page.goto(`${this.#url}/graphql${search}`);
    await this.look();
  }

  async look(): Promise<void> {
    await this.queryEditor.locator('.view-line').first().waitFor();
    await this.page.locator('.graphiql-editor-tool .view-lines').first().waitFor();
  }

  get tabs(): Locator {
    return this.page.locator('.graphiql-tab-button');
  }

  async openTab(number: number): Promise<void> {
    const tab = this.page.getByRole('tab').nth(number - 1);
    await tab.locator('.graphiql-tab-button').click();
    await tab.and(this.page.locator('[aria-selected=true]')).waitFor();
  }

  get queryEditor(): Locator {
    return this.page.locator('.graphiql-query-editor');
  }

  /** The editor that is shown below the query. */
  get toolEditor(): Locator {
    return this.page.locator('.graphiql-editor-tool .graphiql-editor:not(.hidden)');
  }

  async show(tool: Tool): Promise<void> {
    await this.page
      .locator('.graphiql-editor-tools')
      .getByRole('button', { name: tool, exact: true })
      .click();
  }

  /** The visible text of an editor, without scrolling. */
  async read(editor: Locator): Promise<string> {
    const lines = await editor.locator('.view-line').evaluateAll((found) =>
      found
        .map((line) => ({ top: line.getBoundingClientRect().top, text: line.textContent ?? '' }))
        .toSorted((one, other) => one.top - other.top)
        .map(({ text }) => text.replaceAll('\u00a0', ' ')),
    );
    return lines.join('\n');
  }

  /** Replaces the text of an editor. */
  async paste(editor: Locator, text: string): Promise<void> {
    await this.page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
    await editor.locator('.view-lines').click();
    await this.page.keyboard.press('ControlOrMeta+A');
    await this.page.keyboard.press('ControlOrMeta+V');
  }

  /** The whole text of an editor. */
  async copy(editor: Locator): Promise<string> {
    await editor.locator('.view-lines').click();
    await this.page.keyboard.press('ControlOrMeta+A');
    await this.page.keyboard.press('ControlOrMeta+C');
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  /** Presses the play button and copies the response. */
  async run(): Promise<Answer> {
    await this.page.evaluate((ms) => new Promise((resolve) => setTimeout(resolve, ms)), PAUSE_MS);
    await Promise.all([
      this.page.waitForResponse((response) => response.url() === `${this.#url}/graphql`),
      this.page.getByRole('button', { name: /^Execute query/ }).click(),
    ]);
    await this.page.locator('.graphiql-spinner').waitFor({ state: 'detached' });
    return JSON.parse(await this.copy(this.page.locator('.result-window')));
  }

  /** Runs a tab of the tour with the given variables and headers. */
  async play(
    tab: number,
    { variables, token }: { variables?: object; token?: string } = {},
  ): Promise<Answer> {
    await this.openTab(tab);
    if (variables !== undefined) {
      await this.show('Variables');
      await this.paste(this.toolEditor, JSON.stringify(variables, null, 2));
    }
    if (token !== undefined) {
      await this.show('Headers');
      await this.paste(this.toolEditor, JSON.stringify({ authorization: `Bearer ${token}` }));
    }
    return this.run();
  }

  /** Reads the newest code in the development inbox, in another browser tab. */
  async readCode(to: string): Promise<string> {
    const inbox = await this.page.context().newPage();
    await inbox.goto(`${this.#url}/dev/inbox`);
    const messages = await inbox.locator('article', { hasText: to }).allInnerTexts();
    await inbox.close();
    const [code] = messages.flatMap((message) => /\b\d{6}\b/.exec(message) ?? []);
    return code ?? `no code in: ${messages.join('\n')}`;
  }
}
