// WebKitGTK through WebDriver, in plain HTTP, on a display of its own that nobody sees.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { installed, until } from './browser.mjs';

/** What is missing to drive WebKitGTK; empty where all is there. */
export const missingForWebKit = ['WebKitWebDriver', 'Xvfb'].filter((name) => !installed(name));

/** A port that nobody listens at. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** The program's end, and how to bring it about. */
function run(name, args, options) {
  const child = spawn(installed(name), args, options);
  const ended = once(child, 'exit');
  return {
    child,
    async end() {
      child.kill();
      await ended;
    },
  };
}

/** A display; the X server chooses its number and says it. */
async function display() {
  const server = run('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1200x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const [number] = await Promise.race([once(server.child.stdio[3], 'data'), once(server.child, 'exit').then(() => [''])]);
  if (!String(number).trim()) throw new Error('Xvfb does not start');
  return { name: `:${String(number).trim()}`, end: server.end };
}

/** One command; errors are those of WebDriver. */
async function command(address, method, body) {
  const response = await fetch(address, { method, body: body && JSON.stringify(body) });
  const { value } = await response.json();
  if (value?.error) throw new Error(`${value.error}: ${value.message}`);
  return value;
}

/** A session in a browser that has seen nothing yet, with the functions of a page as engines.mjs calls them. */
export async function launchWebKit() {
  const screen = await display();
  const port = await freePort();
  const driver = run('WebKitWebDriver', [`--port=${port}`], { stdio: 'ignore', env: { ...process.env, DISPLAY: screen.name } });
  const root = `http://127.0.0.1:${port}`;
  await until('WebKitWebDriver', () => command(`${root}/status`, 'GET').catch(() => null), (status) => status?.ready);
  const { sessionId } = await command(`${root}/session`, 'POST', { capabilities: {} });
  const send = (method, path, body) => command(`${root}/session/${sessionId}${path}`, method, body);

  const ask = (body, argument) => send('POST', '/execute/sync', { script: `return (${body})(...arguments)`, args: argument === undefined ? [] : [argument] });
  const pointer = (actions) => send('POST', '/actions', { actions: [{ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions }] });
  const move = ({ x, y }) => ({ type: 'pointerMove', duration: 0, x: Math.round(x), y: Math.round(y) });
  const [down, up] = ['pointerDown', 'pointerUp'].map((type) => ({ type, button: 0 }));
  return {
    ask,
    goto: (url) => send('POST', '/url', { url }),
    reload: () => send('POST', '/refresh', {}),
    stroke: ([first, ...rest]) => pointer([move(first), down, ...rest.map(move), up]),
    click: (at) => pointer([move(at), down, up]),
    /** The window has more than the page, and is never narrower than its own controls. */
    async resize(width, height) {
      await send('POST', '/window/rect', { width, height });
      const [innerWidth, innerHeight] = await until('the window', () => ask(() => [innerWidth, innerHeight]), ([innerWidth]) => innerWidth >= width);
      await send('POST', '/window/rect', { width: 2 * width - innerWidth, height: 2 * height - innerHeight });
    },
    picture: async () => Buffer.from(await send('GET', '/screenshot'), 'base64'),
    problems: () => [],
    async close() {
      await send('DELETE', '').catch(() => {});
      await driver.end();
      await screen.end();
    },
  };
}
