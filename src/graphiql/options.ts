// The options of the plugin.

export interface StepgatePluginOptions {
  /** The URL of Stepgate's API, for example `https://auth.example.com/graphql`. */
  readonly stepgate: string;
  /**
   * Whether GraphiQL is on Stepgate's own API. If so, the sessions in its replies are kept, and it is asked what an
   * operation demands. The replies of any other API bring no sessions: it could plant its own. Default: false.
   */
  readonly isStepgate?: boolean;
  /**
   * The schema of the API in SDL with its guards, because introspection omits applied directives. Without it, the panel
   * says nothing of the guards, except on Stepgate's own API.
   */
  readonly sdl?: string | Promise<string | null> | null;
  /** The URL of the development inbox of Stepgate, as JSON, if the page may read it. */
  readonly inbox?: string | null;
}
