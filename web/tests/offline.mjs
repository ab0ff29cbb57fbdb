// After one visit the page works without any network, below whatever path of its server. What the networks learn from
// comes when the app asks for it, and is stored then.

import assert from 'node:assert/strict';
import { recording, site, START, strokesOf, until } from './browser.mjs';

// At the root engines.mjs does so, in other browsers.
const page = site('offline', { base: '/some/where' });

page.test('offline below a path', async ({ open, step, url }) => {
  const app = await open({ address: url });

  await step('everything is stored', async () => {
    await until('an active service worker', () => app.ask(async () => (await navigator.serviceWorker.getRegistration())?.active?.state), (state) => state === 'activated', START);
    const missing = () =>
      app.ask(async () => {
        const { files } = JSON.parse(document.getElementById('manifest').textContent);
        const first = Object.entries(files).filter(([name]) => !name.endsWith('.idx'));
        const wanted = ['index.html', 'manifest.webmanifest', ...first.map(([, { url }]) => url)];
        const found = await Promise.all(wanted.map((url) => caches.match(new URL(url, document.baseURI))));
        return wanted.filter((_, index) => !found[index]);
      });
    await until('no file is missing in the cache', missing, (missing) => missing?.length === 0, START);
  });

  const lessons = () =>
    app.ask(async () => {
      const { files } = JSON.parse(document.getElementById('manifest').textContent);
      const urls = Object.entries(files).filter(([name]) => name.endsWith('.idx')).map(([, { url }]) => new URL(url, document.baseURI).href);
      const stored = await Promise.all(urls.map((url) => caches.match(url)));
      return { urls, stored: stored.filter(Boolean).length, loaded: performance.getEntriesByType('resource').filter(({ name }) => urls.includes(name)).length };
    });

  await step('what the networks learn from comes and is stored once the app asks for it', async () => {
    const { urls, stored, loaded } = await lessons();
    assert.deepEqual([urls.length, stored, loaded], [4, 0, 0]);
    await app.ask(() => dispatchEvent(new CustomEvent('mnistify-lessons')));
    await until('the lessons in the cache', lessons, (found) => found?.stored === 4, START);
  });

  await step('it starts and reads without a network', async () => {
    await app.page.context().setOffline(true);
    // Browsers may keep a way around that, so nobody listens any more either.
    await page.stopServer();
    await app.page.reload();
    await app.reaches('ready');
    assert.equal(await app.ask(() => navigator.onLine), false, 'the browser is offline');
    await app.trace(app.mouse(), await strokesOf('three'));
    await app.reads(3);
    await app.draw(await recording('seven'));
    await app.reads(7);
    const { urls } = await lessons();
    assert.deepEqual(await app.ask((urls) => Promise.all(urls.map(async (url) => (await fetch(url)).ok)), urls), [true, true, true, true]);
  });
});
