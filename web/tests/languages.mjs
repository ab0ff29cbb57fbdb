// The page in every language: each has all words, none is left in the code, and a person can change the language at any time.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { recording, ROOT, site, until } from './browser.mjs';
import { fresh } from './modules.mjs';

const page = site('languages', { gpu: 'none' });

const LANGUAGES = join(ROOT, 'assets', 'languages');
const SOURCE = join(ROOT, 'web', 'src');

const codes = (await readdir(LANGUAGES)).map((name) => name.match(/^page\.(\w+)\.json$/)?.[1]).filter(Boolean);
const texts = Object.fromEntries(await Promise.all(codes.map(async (code) => [code, JSON.parse(await readFile(join(LANGUAGES, `page.${code}.json`), 'utf8'))])));
const scripts = await Promise.all((await readdir(SOURCE)).filter((name) => name.endsWith('.js')).map(async (name) => [name, withoutComments(await readFile(join(SOURCE, name), 'utf8'))]));
const html = (await readFile(join(SOURCE, 'index.html'), 'utf8')).replace(/<!--[^]*?-->/g, '');

function withoutComments(text) {
  return text.replace(/\/\*[^]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

// ---- the files ----

const placeholders = (text) => (text.match(/\{\w+\}/g) ?? []).sort();

for (const [code, words] of Object.entries(texts)) {
  test(`${code} says everything that English says`, () => {
    assert.deepEqual(Object.keys(words), Object.keys(texts.en), 'the same keys in the same order');
    for (const [key, text] of Object.entries(words)) {
      assert.match(key, /^[a-z0-9]+(-[a-z0-9]+)*$/);
      assert.ok(typeof text === 'string' && text === text.trim() && text !== '', `${key} says something`);
      assert.deepEqual(placeholders(text), placeholders(texts.en[key]), `${key} has the same placeholders`);
      assert.doesNotMatch(text, /["']|\.\.\.|  /, `${key} has the signs of printed text`);
      assert.equal(/\.$/.test(text), /\.$/.test(texts.en[key]), `${key} ends as in English`);
      if (key.endsWith('-one')) assert.ok(key.replace(/-one$/, '-other') in words, `${key} has another form`);
      if (code === 'fr') assert.doesNotMatch(text, /[^\u00a0\u202f][;!?»]|[^\u00a0/[]:(?!\/)|«[^\u00a0]|[^\u202f\u00a0]%/, `${key}: spaces that do not break before signs`);
      if (code === 'es') assert.equal(text.split('?').length, text.split('¿').length, `${key} opens its questions`);
    }
  });
}

test('every key is of use, and there', () => {
  const all = [...scripts.map(([, text]) => text), html].join('\n');
  const used = new Set([...all.matchAll(/["']([a-z0-9-]+)["']/g)].map(([, name]) => name));
  used.add('language-name').add('no-script');
  const keys = Object.keys(texts.en).map((key) => key.replace(/-(one|other)$/, ''));
  assert.deepEqual(keys.filter((key) => !used.has(key) && !used.has(`${key}-other`)), []);
  const asked = [...all.matchAll(/(?:phrase\((?:[^()"]|\([^()]*\))*?|data-words(?:-\w+)?=)"([a-z0-9-]+)"/g)].map(([, key]) => key);
  assert.ok(asked.length > 100, 'the keys are found');
  const there = new Set([...keys, ...Object.keys(texts.en)]);
  assert.deepEqual(asked.filter((key) => !there.has(key) && !/^\d+$/.test(key)), []);
});

// ---- the code ----

/** From an opening parenthesis to its own closing one. */
function parenthesis(text, start) {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')' && (depth -= 1) === 0) return text.slice(start, at);
  }
  return text.slice(start);
}

/** Literals of two words or more, without the tags and what is filled in; selectors are none. */
const literals = (text) =>
  (text.match(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g) ?? []).filter((literal) => /\p{L}{2,}[^\p{L}]*\s[^\p{L}]*\p{L}/u.test(literal.replace(/^.[.#[].*|<[^>]*>|\$\{[^}]*\}/g, ' ')));

/** Where a script says something to people in words of its own. */
function wordsIn(script) {
  const assigned = [...script.matchAll(/\.(?:textContent|innerText|ariaLabel|title|innerHTML|alt|placeholder)\s*=(?!=)([^;]*);/g)].map(([, what]) => what);
  const named = [...script.matchAll(/\b(?:title|text|why|problem|reason|help|what|light):\s*((?:[^,;{}`"']|`[^`]*`|"[^"]*"|'[^']*')*)/g)].map(([, what]) => what);
  const passed = [...script.matchAll(/\b(?:note|tell|ask|say|write|mirror|button|restart|showOffer|showProgress|showThread|comeOnRequest|setAttribute)\(/g)].map(({ index, 0: call }) => parenthesis(script, index + call.length - 1));
  return [...assigned, ...named, ...passed].flatMap(literals);
}

test('the scripts say nothing in words of their own', () => {
  for (const [name, text] of scripts) assert.deepEqual(wordsIn(text), [], name);
  const bad = [
    'one.textContent = "Try again";', 'one.innerHTML = `<b>Two words</b>`;', 'note(`Saved as ${name}`);', 'tell(isBad ? "It is bad" : "", []);',
    'return { title: "A file is missing", text };', 'one.setAttribute("aria-label", "The 3D view");', 'showOffer(phrase("a"), "Open it", () => {});',
  ];
  for (const script of bad) assert.equal(wordsIn(script).length, 1, script);
  for (const script of ['say(one, phrase("try-again"));', 'one.title = name;', 'root.innerHTML = `<i class="a b"></i>`;']) assert.deepEqual(wordsIn(script), [], script);
});

test('the HTML says nothing but the name', () => {
  const body = html.replace(/<script[^]*?<\/script>/g, '').replace(/__[A-Z_]+__/g, '');
  assert.deepEqual(body.replace(/<[^>]*>/g, ' ').split(/\s+/).filter((word) => word && word !== 'Mnistify'), []);
  assert.deepEqual([...body.matchAll(/ (?:aria-label|title|alt|placeholder)="([^"]*)"/g)].map(([, text]) => text).filter((text) => text !== 'Mnistify'), []);
  assert.doesNotMatch(body, /name="description"[^>]* content=/);
});

test('phrases follow number, language and what is filled in', async () => {
  const { listed, number, phrase, revived, sentences } = await fresh('words');
  assert.equal(`${phrase('missing', { count: 1 })}`, 'A file is missing');
  assert.equal(`${phrase('these-files', { count: 1200 })}`, 'These 1,200 files');
  assert.equal(`${sentences(phrase('drawing-kept'), '', null, phrase('megabytes', { size: number(3, 1) }))}`, 'Your drawing is kept. 3.0\u00a0MB');
  assert.equal(`${listed(['a', 'b'])}`, 'a and b');
  const kept = phrase('why-failed', { reason: phrase('reason-offline') });
  assert.equal(`${revived(JSON.parse(JSON.stringify(kept)))}`, `${kept}`);
  assert.deepEqual([revived('told by an earlier version'), revived(null)], ['told by an earlier version', null]);
});

// ---- the page ----

const said = (app) =>
  app.ask(() => ({
    language: document.documentElement.lang,
    draw: document.querySelector('[data-do=draw]').textContent,
    headline: document.querySelector('.headline').textContent,
    line: document.querySelector('.depth').textContent,
    mirror: document.getElementById('mirror').textContent,
    label: document.querySelector('.pad canvas').ariaLabel,
  }));
const choose = (app, code) => app.page.locator('.language select').selectOption(code);
const visible = (app) => app.ask(() => document.getElementById('fallback').innerText);

page.test('a language in the address', async ({ open, close, step, url }) => {
  await step('French', async () => {
    const app = await open({ address: `${url}?nosw&language=fr-CA`, screen: 'fallback' });
    const first = await said(app);
    assert.deepEqual([first.language, first.draw, first.headline, first.label], ['fr', texts.fr.draw, texts.fr['headline-blank'], texts.fr['pad-label']]);
    await app.draw(await recording('three'));
    await app.reads(3);
    const { headline, line } = await said(app);
    assert.deepEqual([headline, line], ['Deux réseaux lisent un 3', texts.fr['why-no-adapter'] + texts.fr['try-3d']]);
    await until('the text for screen readers', () => app.text('#mirror'), (text) => /(CNN|MLP)\u00a0: 3, \d+ pour cent\./.test(text));
    assert.match(await visible(app), /\d,\d\u202f%/);
    await close(app);
  });

  await step('one that is not there', async () => {
    const app = await open({ address: `${url}?nosw&language=xx`, screen: 'fallback' });
    assert.equal(await app.text('#toast'), `There is no “xx” here, so this is English. There are: English (en), Deutsch (de), Español (es), Français (fr).`);
    assert.deepEqual([(await said(app)).language, (await said(app)).draw], ['en', 'Draw']);
    await close(app);
  });

  await step('what else decides', async () => {
    const spanish = await open({ context: { locale: 'es-MX' }, screen: 'fallback' });
    assert.equal((await said(spanish)).draw, texts.es.draw);
    await close(spanish);
    const japanese = await open({ context: { locale: 'ja' }, screen: 'fallback' });
    assert.deepEqual([(await said(japanese)).draw, await japanese.text('#toast')], ['Draw', '']);
    await close(japanese);
  });
});

page.test('another language at any time', async ({ open, step, url }) => {
  const app = await open({ address: `${url}?nosw&language=fr`, screen: 'fallback' });
  await app.draw(await recording('three'));
  await app.reads(3);
  await app.ask(() => {
    globalThis.told = [];
    globalThis.mnistify.on('language', ({ code }) => globalThis.told.push(code));
  });
  const drawn = JSON.stringify(await app.ask(() => globalThis.mnistify.strokes()));

  await step('the drawing and what was said stay', async () => {
    await choose(app, 'de');
    const { language, headline, line } = await said(app);
    assert.deepEqual([language, headline, line], ['de', 'Zwei Netze lesen eine 3', texts.de['why-no-adapter'] + texts.de['try-3d']]);
    assert.equal(JSON.stringify(await app.ask(() => globalThis.mnistify.strokes())), drawn);
    await until('the text for screen readers', () => app.text('#mirror'), (text) => /MLP: 3, \d+ Prozent\./.test(text));
    for (const french of new Set(Object.values(texts.fr))) {
      const isOthers = Object.values(texts.de).includes(french) || /\{|^Français$|^\S{1,3}$/.test(french);
      if (!isOthers) assert.ok(!(await visible(app)).split('\n').includes(french), `nothing is left in French: ${french}`);
    }
    assert.deepEqual(await app.ask(() => globalThis.told), ['de']);
  });

  await step('it is kept for the next time', async () => {
    await app.page.reload();
    await app.reaches('fallback');
    assert.equal((await said(app)).language, 'de');
    await app.page.goto(`${url}?nosw`);
    await app.reaches('fallback');
    assert.equal((await said(app)).draw, texts.de.draw);
  });

  await step('for scripts', async () => {
    const [before, after, refused] = await app.ask(() => {
      const { mnistify } = globalThis;
      const before = mnistify.language;
      mnistify.language = 'es';
      try {
        mnistify.language = '__proto__';
      } catch (error) {
        return [before, mnistify.language, error.message];
      }
    });
    assert.deepEqual([before, after], ['de', 'es']);
    assert.match(refused, /no language “__proto__”, but en, de, es, fr/);
    assert.equal((await said(app)).draw, texts.es.draw);
  });

  await step('letters on the list are no commands', async () => {
    await app.page.locator('.language select').focus();
    await app.page.keyboard.press('e');
    assert.equal((await app.state()).tools.tool, 'draw');
  });
});

page.test('where scripts do not arrive, the page itself has the words', async ({ open, url }) => {
  const before = (page) => page.route(/\/loader\.[^/]*\.js/, (route) => route.abort());
  const app = await open({ address: `${url}?nosw&language=es`, screen: 'message', before, allow: [/./] });
  assert.deepEqual([await app.text('#message .title'), await app.text('#message button')], [texts.es['start-failed'], texts.es.retry]);
  const { language, draw, label } = await said(app);
  assert.deepEqual([language, draw, label], ['es', texts.es.draw, texts.es['pad-label']]);
});

page.test('words fit everywhere', async ({ open, url }) => {
  const app = await open({ address: `${url}?nosw`, screen: 'fallback' });
  await app.draw(await recording('three'));
  await app.reads(3);
  for (const [width, height] of [[320, 640], [390, 844], [768, 1024], [1280, 720], [844, 390]]) {
    await app.page.setViewportSize({ width, height });
    for (const code of codes) {
      await choose(app, code);
      const cut = await app.ask(async () => {
        const { phrase, say } = await import('mnistify/words');
        // What is longest in these places, and what is there already.
        const cut = tooLarge();
        // As on the way to 3D: on phones a button at the top leaves no room for the headline.
        (await import('mnistify/depths')).tell(phrase('coming'));
        const doubt = phrase('card-not-sure', { doubt: phrase('card-either', { first: '3', second: '8' }) });
        for (const headline of ['headline-differ', 'headline-blank', 'no-digit']) {
          say(document.querySelector('.headline'), phrase(headline));
          for (const beside of [doubt, phrase('card-refused'), phrase('percent', { percent: '100.0' })]) {
            say(document.querySelector('.answer span'), beside);
            cut.push(...tooLarge());
          }
        }
        return cut;

        function tooLarge() {
          return [...document.querySelectorAll('#fallback .row button, #fallback .headline, #fallback .answer span, #fallback .switch span')]
            .filter((one) => one.offsetParent && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1 || one.getBoundingClientRect().right > one.parentElement.getBoundingClientRect().right + 1))
            .map((one) => `${one.textContent}: ${one.scrollWidth} of ${one.clientWidth}`);
        }
      });
      assert.deepEqual(cut, [], `${code} at ${width} × ${height}`);
      const size = await app.ask(() => document.querySelector('.language select').getBoundingClientRect().toJSON());
      assert.ok(size.width >= 40 && size.height >= 36 && size.right <= width, `the list can be touched: ${JSON.stringify(size)}`);
    }
  }
});
