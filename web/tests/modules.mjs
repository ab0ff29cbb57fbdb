// Lets the page's modules find each other without a browser, as its import map does: "mnistify/files" and so on, and gives them
// the page's words, in English.

import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { runInNewContext } from 'node:vm';

const source = new URL('../src/', import.meta.url).href;
const hook = `export const resolve = (name, context, next) =>
  next(name.startsWith('mnistify/') ? ${JSON.stringify(source)} + name.slice(9) + '.js' : name, context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const words = `{"en": ${read('../../assets/languages/page.en.json')}}`;
const firstPage = { document: { getElementById: () => ({ textContent: words }) }, location: { search: '' }, navigator: {}, URLSearchParams };
globalThis.mnistifyWords = runInNewContext(`${read('../src/first-words.js')}; mnistifyWords`, firstPage);

let copies = 0;
/** One of the page's modules, as a page that was just opened has it. */
export const fresh = (name) => import(`../src/${name}.js?${(copies += 1)}`);
