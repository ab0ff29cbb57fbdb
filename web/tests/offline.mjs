// After one visit the page works without any network, also below another path of its server.

import assert from 'node:assert/strict';
import { recording, site, START, strokesOf, until } from './browser.mjs';

for (const base of ['', '/some/where']) {
  const page = site(`offline${base.replaceAll('/', '-')}`, { base });

  page.test(`offline at ${base || '/'}`, async ({ open, step, url }) => {
    const app = await open({ address: url });

    await step('everything is stored', async () => {
      await until('an active service worker', () => app.ask(async () => (await navigator.serviceWorker.getRegistration())?.active?.state), (state) => state === 'activated', START);
      const missing = () =>
        app.ask(async () => {
          const { files } = JSON.parse(document.getElementById('manifest').textContent);
          const wanted = ['index.html', 'manifest.webmanifest', ...Object.values(files).map(({ url }) => url)];
          const found = await Promise.all(wanted.map((url) => caches.match(new URL(url, document.baseURI))));
          return wanted.filter((_, index) => !found[index]);
        });
      await until('no file is missing in the cache', missing, (missing) => missing?.length === 0, START);
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
    });
  });
}
