// Lets the page's modules find each other without a browser, as its import map does: "mnistify/files" and so on.

import { register } from 'node:module';

const source = new URL('../src/', import.meta.url).href;
const hook = `export const resolve = (name, context, next) =>
  next(name.startsWith('mnistify/') ? ${JSON.stringify(source)} + name.slice(9) + '.js' : name, context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

let copies = 0;
/** One of the page's modules, as a page that was just opened has it. */
export const fresh = (name) => import(`../src/${name}.js?${(copies += 1)}`);
