// How much of their own data users can export at a time.

/** Per user and hour. */
export const EXPORTS_HOURLY = 5;
/** From the first page to the last. */
export const EXPORT_SECONDS = 3600;
/** Records in a page. */
export const EXPORT_PAGE = 200;
/** Characters in a page. A page that has reached it ends. */
export const EXPORT_CHARACTERS = 250_000;
