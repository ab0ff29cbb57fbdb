// The light page meets who uses it as the app does: what is left out, contrast, the size of texts, motion.

import assert from 'node:assert/strict';
import { recording, site, until } from './browser.mjs';

const page = site('access', { gpu: 'none' });
const with3d = site('access-3d');

/** The computed style of the first element of each of these. */
const styleOf = (app, selector, name) => app.ask(([selector, name]) => getComputedStyle(document.querySelector(selector))[name], [selector, name]);
const isShown = (app, selector) => app.ask((selector) => document.querySelector(selector).checkVisibility(), selector);
const size = async (app, selector) => parseFloat(await styleOf(app, selector, 'fontSize'));

/** The contrast of two colours, as WCAG 2.2 counts it. */
function contrast(...colours) {
  const [a, b] = colours.map((colour) => {
    const parts = colour.match(/[\d.]+/g).slice(0, 3).map((part) => part / 255);
    const [red, green, blue] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  });
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

page.test('what is left out', async ({ open, close, url }) => {
  for (const [query, times, controls] of [['', true, true], ['&hide=times', false, true], ['&hide=legend,controls', true, false], ['&embed', false, false]]) {
    const app = await open({ address: `${url}?nosw${query}`, screen: 'fallback' });
    await app.draw(await recording('three'));
    await app.reads(3);
    const seen = [];
    for (const selector of ['.millis', '.settings', '.language', '.pad', '.row', '.card', '.tiles']) seen.push(await isShown(app, selector));
    assert.deepEqual(seen, [times, controls, controls, true, true, true, true], query);
    await close(app);
  }
});

page.test('high contrast', async ({ open, close, url }) => {
  for (const [query, context, high] of [['', {}, false], ['&contrast=high', {}, true], ['', { contrast: 'more' }, true], ['&contrast=usual', { contrast: 'more' }, false]]) {
    const app = await open({ address: `${url}?nosw${query}`, screen: 'fallback', context });
    assert.equal((await styleOf(app, '.headline', 'color')) === 'rgb(255, 255, 255)', high, query);
    if (high) {
      const ground = await styleOf(app, 'body', 'backgroundColor');
      const texts = ['.headline', '#fallback h1', '.depth p', '.settings', '.row button[disabled]', '.card h2', '.tiles li'];
      for (const selector of texts) {
        const found = contrast(await styleOf(app, selector, 'color'), ground);
        assert.ok(found >= 7, `${selector}: ${found.toFixed(1)}`);
      }
      assert.equal(await styleOf(app, '.row button', 'borderTopWidth'), '2px');
    }
    await close(app);
  }
});

page.test('larger texts', async ({ open, close, step, url }) => {
  for (const [width, height] of [[1280, 720], [390, 844], [844, 390]]) {
    await step(`at ${width}×${height}`, async () => {
      let usual = 0;
      for (const [percent, query] of [[100, ''], [100, '&text=large'], [125, '&text=125'], [150, '&text=400'], [150, '&text=150']]) {
        const app = await open({ address: `${url}?nosw&language=de${query}`, screen: 'fallback', context: { viewport: { width, height } } });
        await app.draw(await recording('three'));
        await app.reads(3);
        const now = await size(app, '.answer span');
        usual ||= now;
        assert.ok(Math.abs(now - (usual * percent) / 100) < 0.1, `${query}: ${now} px, usually ${usual}`);
        const outside = await app.ask(() =>
          [...document.querySelectorAll('#fallback :is(button, .headline, .card, .tiles li, .pad)')]
            .filter((one) => one.checkVisibility())
            .filter((one) => {
              const { left, top, right, bottom } = one.getBoundingClientRect();
              return left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1;
            })
            .map((one) => one.className || one.textContent));
        assert.deepEqual(outside, [], query);
        await close(app);
      }
    });
  }
});

page.test('calm', async ({ open, close, url }) => {
  for (const [hash, context, seconds] of [['', {}, '0.09s'], ['', { reducedMotion: 'reduce' }, '0s'], ['#calm=on', {}, '0s']]) {
    const app = await open({ address: `${url}?nosw${hash}`, screen: 'fallback', context });
    assert.equal(await styleOf(app, '.card li > i i', 'transitionDuration'), seconds);
    await close(app);
  }
});

with3d.test('the app, too, and the light page after a fault', async ({ open, url }) => {
  const app = await open({ address: `${url}?nosw&faults&contrast=high&text=125`, allow: [/./], context: { reducedMotion: 'reduce' } });
  await app.shows('both', ({ access }) => access.high_contrast && access.text_percent === 125);
  assert.match(await app.ask(() => globalThis.mnistify.link()), /calm=on/);
  for (const name of ['high_contrast', 'larger_text']) await app.ask((name) => globalThis.mnistify.act(name), name);
  await app.shows('what was chosen', ({ access }) => !access.high_contrast && access.text_percent === 150);
  await app.draw(await recording('three'));
  await app.reads(3);
  await app.ask(() => globalThis.mnistifyDevice.destroy());
  // Until it is noticed, the page is "ready".
  await until('the light page', () => app.screen(), (screen) => screen === 'fallback');
  const { contrast, text } = await app.ask(() => ({ ...document.documentElement.dataset }));
  assert.deepEqual([contrast, text], ['usual', '150']);
  await app.page.locator('.depth [data-action=restart]').click();
  await app.reaches('ready');
  await app.shows('what was chosen', ({ access }) => !access.high_contrast && access.text_percent === 150);
});
