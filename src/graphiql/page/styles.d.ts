// Style sheets, which the bundler adds to the page.
declare module '*.css';
