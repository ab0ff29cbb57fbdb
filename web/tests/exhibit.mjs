// The page as an exhibit: recorded hands, a touch that is ink, the tour in both directions, another language, no files.

import assert from 'node:assert/strict';
import { recording, site } from './browser.mjs';

const page = site('exhibit');

page.test('a visit', async ({ open, step, url }) => {
  const app = await open({ address: `${url}?nosw&exhibit&language=de`, context: { viewport: { width: 1280, height: 720 } } });

  await step('nobody is there and recorded hands draw', async () => {
    await app.shows('a recorded hand in German', ({ phase, demonstrating, language, strokes }) => phase === 'attract' && demonstrating && language === 'de' && strokes === 0);
  });

  await step('the first touch is ink', async () => {
    const place = await app.padToPage();
    const [x, y] = [place([140, 60]), place([140, 220])];
    await app.page.mouse.move(x.x, x.y);
    await app.page.mouse.down();
    await app.page.mouse.move(y.x, y.y, { steps: 12 });
    await app.page.mouse.up();
    await app.shows('ink and a visit', ({ phase, strokes }) => phase === 'visit' && strokes === 1);
    await app.reads(1);
  });

  await step('the tour goes forwards and backwards', async () => {
    await app.ask(() => globalThis.mnistify.act('tour'));
    await app.shows('the first step', ({ tour }) => tour === 0);
    for (const wanted of [1, 2, 3]) {
      await app.ask(() => globalThis.mnistify.act('tour_next'));
      await app.shows(`step ${wanted}`, ({ tour }) => tour === wanted);
    }
    for (const wanted of [2, 1, 0]) {
      await app.ask(() => globalThis.mnistify.act('tour_back'));
      await app.shows(`step ${wanted}`, ({ tour }) => tour === wanted);
    }
    const link = await app.ask(() => globalThis.mnistify.link());
    assert.match(link, /tour=1/);
    await app.page.keyboard.press('Escape');
    await app.shows('the end of the tour', ({ tour, strokes }) => tour === null && strokes === 1);
  });

  await step('the language changes with the drawing there', async () => {
    await app.ask(() => (globalThis.mnistify.language = 'es'));
    await app.shows('Spanish', ({ language, strokes }) => language === 'es' && strokes === 1);
  });

  await step('everything is as at the start', async () => {
    await app.ask(() => globalThis.mnistify.act('start_over'));
    await app.shows('an empty pad', ({ strokes }) => strokes === 0);
  });
});

page.test('a link opens a step of the tour', async ({ open, url }) => {
  const seven = await recording('seven');
  const app = await open({ address: `${url}?nosw&3d#tour=4` });
  await app.shows('the fourth step', ({ tour }) => tour === 3);
  await app.draw(seven);
  await app.reads(7);
});

page.test('as a part of another page it leaves out all but hand, lanes and answer', async ({ open, url }) => {
  const app = await open({ address: `${url}?nosw&3d&embed` });
  await app.shows('the buttons of the hand alone', ({ buttons }) => {
    const left = ['draw', 'undo', 'clear'].every((name) => buttons[name]);
    return left && !['networks', 'explain', 'more', 'tour'].some((name) => buttons[name]);
  });
});
