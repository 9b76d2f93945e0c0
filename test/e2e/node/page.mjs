// Opens a page of a server in Debian's Chromium and prints, as one line of JSON, what a person would find:
//
//     node page.mjs MODULES URL [OPTIONS AS JSON]
//
// options: width, height, dark, steps (see below), screenshot (a file).
// The answer: status, title, lang, faults (console errors, page errors, refused by the policy), foreign
// (requests to other hosts), wider (elements that reach out of the window), unlabelled (controls without a
// name), faint (texts whose contrast is under 4.5), texts (what the steps read).
// A step is one of {open: SELECTOR}, {type: [SELECTOR, TEXT]}, {press: KEY}, {click: SELECTOR},
// {read: SELECTOR}, {read_all: SELECTOR}, {wait: [SELECTOR, TEXT]}.
import { createRequire } from "node:module";

const [modules, url, more = "{}"] = process.argv.slice(2);
const { chromium } = createRequire(modules + "/")("playwright-core");
const options = { width: 1280, height: 900, dark: false, steps: [], ...JSON.parse(more) };
const DEADLINE_MS = 20000 * Number(process.env.HEARTH_TEST_SLOW ?? 1);

const steps = {
  open: (page, selector) => page.locator(selector).evaluate(node => { node.open = true; }),
  type: (page, [selector, text]) => page.locator(selector).fill(text),
  press: (page, key) => page.keyboard.press(key),
  click: (page, selector) => page.locator(selector).click(),
  wait: (page, [selector, text]) => page.locator(selector).filter({ hasText: text }).first().waitFor(),
  read: (page, selector) => page.locator(selector).evaluate(node => node.value ?? node.innerText),
  read_all: (page, selector) => page.locator(selector).allInnerTexts(),
};

// Runs in the page: what does not fit, has no name or can hardly be read.
const inspect = () => {
  const seen = node => node.checkVisibility() && node.getClientRects().length > 0;
  const name = node => node.tagName.toLowerCase() + (node.id ? "#" + node.id : "") + " " + (node.innerText || "").slice(0, 40);
  const nodes = [...document.body.querySelectorAll("*")].filter(seen);
  const wider = nodes.filter(node => node.getBoundingClientRect().right > innerWidth + 0.5).map(name);
  if (document.documentElement.scrollWidth > innerWidth) wider.push("the page itself");
  const unlabelled = nodes.filter(node => node.matches("input, select, textarea, button, a, summary"))
    .filter(node => !(node.labels?.length && node.labels[0].innerText.trim()) && !node.getAttribute("aria-label") &&
      !node.innerText.trim()).map(name);
  // WCAG 2.2, 1.4.3: relative luminance of sRGB, and the ratio of text to what is behind it.
  const numbers = color => (color.match(/[\d.]+/g) || []).map(Number);
  const luminance = color => numbers(color).slice(0, 3).map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = node => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if ((numbers(color)[3] ?? 1) === 1) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const faint = nodes.filter(node => !node.disabled && [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim()))
    .map(node => {
      const [a, b] = [luminance(getComputedStyle(node).color), luminance(behind(node))];
      return [node, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
    }).filter(([, ratio]) => ratio < 4.5).map(([node, ratio]) => `${name(node)}: ${ratio.toFixed(2)}`);
  return { lang: document.documentElement.lang, title: document.title, wider, unlabelled, faint,
    background: behind(document.body) };
};

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  const context = await browser.newContext({ viewport: { width: options.width, height: options.height },
    colorScheme: options.dark ? "dark" : "light" });
  const page = await context.newPage(), faults = [], foreign = [], texts = [];
  page.setDefaultTimeout(DEADLINE_MS);
  page.on("pageerror", error => faults.push(String(error)));
  page.on("console", message => { if (message.type() === "error") faults.push(message.text()); });
  page.on("request", request => {
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).host !== new URL(url).host) foreign.push(request.url());
  });
  const answer = await page.goto(url, { waitUntil: "networkidle" });
  for (const step of options.steps)
    for (const [verb, argument] of Object.entries(step)) {
      const text = await steps[verb](page, argument);
      if (verb.startsWith("read")) texts.push(text);
    }
  const found = await page.evaluate(inspect);
  if (options.screenshot) await page.screenshot({ path: options.screenshot });
  console.log(JSON.stringify({ status: answer.status(), address: page.url(), ...found, faults, foreign, texts }));
} finally {
  await browser.close();
}
