// The school in the page: the digits to learn from come, a network forgets everything and learns under the drawing, stands
// still, and those from before come back as they were. A software GPU lets the MLP learn alone, and so does the page without one.

import assert from 'node:assert/strict';
import { recording, site, START, strokesOf, until } from './browser.mjs';

const page = site('school');
const withoutGpu = site('school-light', { gpu: 'none' });

const DESKTOP = { width: 1280, height: 720 };
const PHONE = { width: 390, height: 844 };
/** The fewest neurons and images a step, so that a software GPU makes many steps. */
const LESSON = { hidden: 32, batch: 32, examples: 1000, moved: false, speed: 'full' };
/** Steps that have to lower the loss. */
const STEPS = 20;

const learn = (app, wish) => app.ask((wish) => globalThis.mnistify.learn(wish), wish);

/** What a script is told whose wish cannot be fulfilled. */
const refusal = (app, wish) =>
  app.ask((wish) => {
    try {
      globalThis.mnistify.learn(wish);
      return null;
    } catch (error) {
      return String(error.message);
    }
  }, wish);

/** Waits until the school is open and has its digits. */
async function isOpen(app) {
  const { school } = await app.shows('the school with its digits', ({ school }) => school !== null && !school.waiting, START);
  assert.equal(school.trouble, null);
  return school;
}

/** Gives the window another size. */
async function resize(app, { width, height }) {
  await app.page.setViewportSize({ width, height });
  const size = () => app.ask(() => [document.getElementById('canvas').clientWidth, document.getElementById('canvas').clientHeight]);
  await until('the canvas has the size of the window', size, (found) => found?.[0] === width && found[1] === height);
  // Where everything stands follows a frame later.
  for (let frame = 0; frame < 3; frame += 1) await app.frame();
}

/** The logits of every network, as text: equal only where every bit is. */
const logitsOf = ({ models }) => JSON.stringify(models.map(({ name, logits }) => [name, logits]));

page.test('a lesson', async ({ open, step }) => {
  const app = await open({ context: { viewport: DESKTOP } });
  const [three, seven] = [await recording('three'), await recording('seven')];
  await app.draw(seven);
  const before = await app.reads(7);
  assert.equal(before.school, null, 'the school is closed');

  await step('it opens when its digits are here', async () => {
    await app.ask(() => {
      globalThis.heard = [];
      globalThis.mnistify.on('learning', (told) => globalThis.heard.push(told));
    });
    await learn(app, 'open');
    const school = await isOpen(app);
    assert.deepEqual([school.phase, school.networks, school.examples], ['before', [], 10_000]);
    assert.deepEqual(await app.ask(() => globalThis.heard), [], 'nobody learns yet');
  });

  await step('what nobody can fulfil is refused', async () => {
    assert.match(await refusal(app, { examples: 3 }), /10 to 10000 examples, not 3/);
    assert.match(await refusal(app, { batch: 33 }), /multiple of 32/);
    assert.match(await refusal(app, 'forgive'), /forgive.*forget/);
    assert.match(await refusal(app, { exmaples: 10 }), /exmaples.*examples/);
    await app.frame();
    const { school } = await app.state();
    assert.deepEqual([school.phase, school.examples], ['before', 10_000], 'nothing changed');
  });

  await step('a network that knows nothing takes the place of both', async () => {
    await learn(app, LESSON);
    await app.shows('the lesson that was chosen', ({ school }) => school.examples === 1000 && school.moved === false && school.speed === 'full');
    await learn(app, 'forget');
    const { school, models } = await app.shows('one network that learns', ({ school }) => school.networks.length > 0, START);
    assert.deepEqual(school.networks.map(({ name, step }) => [name, step]), [['new MLP', 0]]);
    assert.equal(school.phase, 'paused');
    const shown = models.filter(({ shown }) => shown);
    assert.deepEqual(shown.map(({ name, parameters }) => [name, parameters]), [['new MLP', 26_506]]);
    assert.equal(models.length, 3, 'the others only stepped aside');
  });

  await step('it learns', async () => {
    await learn(app, 'start');
    const { school } = await app.shows('the loss of the first steps', ({ school }) => school.networks[0].loss !== null, START);
    const [first] = school.networks;
    await app.shows(
      `${STEPS} steps more, and a smaller loss than ${first.loss}`,
      ({ school }) => school.networks[0].step >= first.step + STEPS && school.networks[0].loss < 0.9 * first.loss,
      START,
    );
    await learn(app, 'pause');
    await app.shows('it stands still', ({ school }) => school.phase === 'paused');

    const heard = await app.ask(() => globalThis.heard);
    const steps = heard.map(({ step }) => step);
    assert.deepEqual(steps, steps.toSorted((a, b) => a - b), 'steps only grow');
    assert.ok(new Set(steps).size > 2 && steps.at(-1) >= first.step + STEPS, `what was heard of steps: ${steps}`);
    assert.ok(heard.some(({ phase }) => phase === 'learning'));
    const last = heard.at(-1).networks;
    assert.deepEqual(last.map(({ name }) => name), ['new MLP']);
    assert.ok(last[0].unseen >= 0 && last[0].unseen <= 1 && last[0].loss < first.loss, JSON.stringify(last));
  });

  await step('a script says what the drawing is, and takes it back', async () => {
    await learn(app, { this_is: 7 });
    await app.shows('a digit of the visitor', ({ school }) => school.own === 1);
    assert.match(await refusal(app, { this_is: 12 }), /0 to 9, not 12/);
    await learn(app, 'forget-mine');
    await app.shows('none', ({ school }) => school.own === 0);
  });

  await step('it stands still but for single steps', async () => {
    const { school } = await app.state();
    const [{ step }] = school.networks;
    for (let frame = 0; frame < 3; frame += 1) await app.frame();
    assert.equal((await app.state()).school.networks[0].step, step);
    await learn(app, 'step');
    const after = await app.shows('a step more', ({ school }) => school.networks[0].step > step);
    assert.deepEqual([after.school.networks[0].step, after.school.phase], [step + 1, 'paused']);
  });

  await step('it has room on a desktop and on a phone', async () => {
    for (const size of [PHONE, DESKTOP]) {
      await resize(app, size);
      const { pad, buttons } = await app.state();
      const tabs = ['school_lesson', 'school_change', 'own_digits', 'school_network', 'school_results'];
      for (const name of ['pad', 'learn', 'one_step', 'restore', 'school_close', ...tabs]) {
        const place = name === 'pad' ? pad : buttons[name];
        assert.ok(place, `the control "${name}" is there`);
        const [x0, y0, x1, y1] = place;
        assert.ok(x0 >= 0 && y0 >= 0 && x0 < x1 && y0 < y1 && x1 <= size.width && y1 <= size.height, `${name} is in the window: ${place}`);
      }
      await app.picture(`school-${size.width}x${size.height}`);
    }
  });

  await step('those from before come back as they were', async () => {
    // Another drawing between, so that no answer is an old one.
    await app.draw(three);
    for (let frame = 0; frame < 3; frame += 1) await app.frame();
    const aside = (await app.state()).models.filter(({ shown }) => !shown);
    assert.deepEqual(aside.map((model) => model.class), [7, 7], 'those that stepped aside do not read');
    await learn(app, 'restore');
    const restored = await app.shows('the networks from before', ({ school, models }) => school.networks.length === 0 && models.length === 2 && models.every(({ shown }) => shown));
    assert.deepEqual([restored.school.phase, restored.shown], ['before', 'all']);
    await app.reads(3);
    await app.draw(seven);
    assert.equal(logitsOf(await app.reads(7)), logitsOf(before));
  });

  await step('a key closes it, and a press opens it', async () => {
    await app.keys('7');
    await app.shows('it is closed', ({ school }) => school === null);
    await app.press('school');
    await isOpen(app);
    await app.keys('7');
    await app.shows('it is closed again', ({ school }) => school === null);
    await app.reads(7);
  });
});

page.test('with a finger on a phone', async ({ open, step }) => {
  const app = await open({ context: { viewport: PHONE, hasTouch: true, isMobile: true, deviceScaleFactor: 1 } });
  const tap = ({ x, y }) => app.page.touchscreen.tap(x, y);
  const press = async (name) => tap((await app.placeOf(name, tap)).place);
  await app.draw(await recording('three'));
  await app.reads(3);

  await step('a tap opens it', async () => {
    await press('school');
    await isOpen(app);
  });

  await step('a tap makes a network forget, another one brings the others back', async () => {
    await press('forget');
    const { school } = await app.shows('one network that learns', ({ school }) => school.networks.length > 0, START);
    assert.deepEqual([school.networks[0].name, school.networks[0].step, school.phase], ['new MLP', 0, 'paused']);
    await press('restore');
    await app.shows('the networks from before', ({ school, models }) => school.networks.length === 0 && models.length === 2);
  });

  await step('pages have what can be changed, the maps and the digits', async () => {
    for (const page of ['change', 'network', 'results', 'lesson']) {
      await press(`school_${page}`);
      await app.shows(`the page of ${page}`, ({ school }) => school.page === page);
      await app.picture(`school-${page}`);
    }
    await press('own_digits');
    await app.shows('the page of digits', ({ school }) => school.page === 'yours');
    await press('this_is_3');
    await app.shows('a digit of the visitor', ({ school }) => school.own === 1);
    await press('forget_mine');
    await app.shows('none', ({ school }) => school.own === 0);
  });

  await step('a tap closes it', async () => {
    await press('school_close');
    await app.shows('it is closed', ({ school }) => school === null);
    await app.reads(3);
  });
});

withoutGpu.test('without WebGPU the MLP learns on the CPU', async ({ open, step }) => {
  const app = await open({ screen: 'fallback' });
  const control = (name) => app.page.locator(`[data-school=${name}]`);
  await app.draw(await recording('seven'));
  const before = await app.reads(7);
  const cnn = ({ models }) => JSON.stringify(models.find(({ name }) => name === 'CNN').logits);
  assert.equal(before.school, null);

  await step('it forgets when its digits are here', async () => {
    await app.ask(() => {
      globalThis.heard = [];
      globalThis.mnistify.on('learning', (told) => globalThis.heard.push(told));
    });
    await control('open').click();
    const { models } = await app.shows('a network that knows nothing', ({ school }) => school?.phase === 'forgotten', START);
    const mlp = models.find(({ name }) => name === 'MLP');
    assert.equal(mlp.parameters, 784 * 128 + 128 + 128 * 128 + 128 + 1290);
    assert.match(await app.text('.school p'), /knows nothing/);
    await app.picture('school-light-forgotten');
  });

  await step('it learns, and reads the pad meanwhile', async () => {
    await control('learn').click();
    const learning = await app.shows('most of the unseen digits read right', ({ school }) => school.networks[0]?.unseen > 0.6, START);
    assert.equal(cnn(learning), cnn(before), 'the other network is as it was');
    const first = await app.ask(() => globalThis.heard.find(({ networks }) => networks[0]?.loss)?.networks[0]);
    const [last] = (await app.state()).school.networks;
    assert.ok(last.loss < first.loss && last.step > first.step, JSON.stringify([first, last]));
    await app.picture('school-light');
    await control('learn').click();
    const { school } = await app.shows('it stands still', ({ school }) => school.phase === 'paused');
    await app.trace(app.mouse(), await strokesOf('three'));
    assert.equal((await app.state()).school.networks[0].step, school.networks[0].step);
    await app.ask(() => globalThis.mnistify.undo());
  });

  await step('on phones its controls are in the window', async () => {
    for (const [width, height] of [[320, 640], [390, 844], [844, 390], [1280, 720]]) {
      await app.page.setViewportSize({ width, height });
      for (const name of ['learn', 'restore']) {
        const { x, y, width: wide, height: high } = await control(name).boundingBox();
        assert.ok(x >= 0 && y >= 0 && x + wide <= width && y + high <= height, `${name} at ${width} × ${height}`);
      }
      await app.picture(`school-light-${width}x${height}`);
    }
  });

  await step('the one from before comes back as it was', async () => {
    await control('restore').click();
    await app.shows('the school is closed', ({ school }) => school === null);
    await app.ask(() => globalThis.mnistify.clear());
    await app.draw(await recording('seven'));
    assert.equal(logitsOf(await app.reads(7)), logitsOf(before));
  });

  await step('a script does the same', async () => {
    assert.match(await refusal(app, { examples: 10 }), /a command \(open, close, start/);
    await learn(app, 'start');
    await app.shows('it learns', ({ school }) => school?.networks[0]?.step > 0, START);
    await learn(app, 'close');
    await app.shows('the school is closed', ({ school }) => school === null);
    assert.equal(logitsOf(await app.reads(7)), logitsOf(before));
  });
});
