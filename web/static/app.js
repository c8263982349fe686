// Makes the pages quicker, never necessary: every link and form here works without it.

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const typing = (element) => element.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");

// Moments in the reader's own zone.
const shown = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
function localise(within) {
  for (const time of $$("time", within)) {
    time.title = time.dateTime;
    time.textContent = shown.format(new Date(time.dateTime));
  }
}

// What was just done is said where it is seen and heard, and can be taken back from there.
let fading;
function say(text, { bad = false } = {}) {
  const toast = $("#toast"), undo = $("[data-toast-undo]");
  clearTimeout(fading);
  $("#said").textContent = text;
  toast.classList.toggle("bad", bad);
  undo.hidden = bad || !text || !$("[data-undo]");
  if (text && !bad) fading = setTimeout(fade, 8000);
}

// Whoever is about to use it is waited for.
function fade() {
  if ($("#toast").matches(":hover, :focus-within")) fading = setTimeout(fade, 2000);
  else say("");
}

// The page is fetched as it is, and the panes that differ are put in the place of ours.
const PANES = ["facts", "queue", "list", "record", "verdict"];
// Looks wait for deeds, so that none is answered by a page older than what was just done.
let latest = 0, underWay = 0, lastDeed = Promise.resolve();

function load(url, options = {}) {
  underWay += 1;
  const isDeed = options.method === "POST";
  const loading = (isDeed ? fetched(url, options) : lastDeed.then(() => fetched(url, options))).finally(() => { underWay -= 1; });
  if (isDeed) lastDeed = loading.catch(() => null);
  return loading;
}

async function fetched(url, options) {
  const mine = ++latest;
  const { keep, push = true, news = false, ...request } = options;
  let page, response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...request });
    page = new DOMParser().parseFromString(await response.text(), "text/html");
  } catch {
    if (!news) say("The server does not answer. Nothing was changed: try again in a moment.", { bad: true });
    return null;
  }
  if (mine !== latest) return null;
  if (!$("#record", page)) {
    if (response.ok) location.assign(response.url);
    else explain(page);
    return null;
  }
  swap(page, keep, news);
  if (push && (request.method ?? "GET") === "GET" || response.redirected) history.replaceState(history.state, "", response.url);
  return response;
}

function explain(page) {
  const notice = $(".notice", page);
  const banner = document.createElement("p");
  banner.className = "banner bad";
  banner.setAttribute("role", "alert");
  banner.textContent = notice ? `${$("h1", notice).textContent}. ${$("p:not(.code)", notice).textContent}` : "That did not work.";
  $("#record").prepend(banner);
  banner.scrollIntoView({ block: "nearest" });
}

function swap(page, keep, news) {
  const before = $("#verdict .status")?.textContent, sought = $("#words")?.value;
  for (const id of PANES) {
    const fresh = $(`#${id}`, page), old = $(`#${id}`);
    if (id === "list" && keep && $("#marks") && $("#marks", page)) {
      mend($("#marks", page));
      continue;
    }
    if (!fresh || !old || news && old.dataset.touched) continue;
    localise(fresh);
    if (news) liken(fresh, old);
    if (fresh.isEqualNode(old)) continue;
    replace(old, fresh, id !== "record" || news);
  }
  if (sought && keep) $("#words").value = sought;
  document.title = page.title;
  const isOpen = document.body.classList.contains("open");
  document.body.className = page.body.className;
  document.body.classList.toggle("open", isOpen);
  settle();
  const after = $("#verdict .status")?.textContent;
  if (news && after && before !== after) say(`Now: ${after}`);
}

// What a reader opened stays open while others change the page.
function liken(fresh, old) {
  const [theirs, ours] = [fresh, old].map((pane) => $$("details", pane));
  if (theirs.length === ours.length) theirs.forEach((one, at) => { one.open = ours[at].open; });
  for (const part of $$("[data-save]", fresh)) part.hidden = true;
  const once = $("[name=once]", old);
  if (once && $("[name=once]", fresh)) $("[name=once]", fresh).setAttribute("value", once.value);
}

// The focus stays on the same control of what comes instead, or else on the pane it was in.
function replace(old, fresh, scrolled) {
  const focused = old.contains(document.activeElement) && document.activeElement !== old && document.activeElement;
  const held = old === document.activeElement || Boolean(focused), at = old.scrollTop;
  old.replaceWith(fresh);
  if (scrolled) fresh.scrollTop = at;
  if (!held) return;
  const same = focused && $$(focused.localName, fresh).find((one) => alike(one, focused));
  if (!same) fresh.tabIndex = -1;
  (same || fresh).focus({ preventScroll: true });
}

const alike = (one, other) => ["name", "id", "href", "data-key", "data-undo"].every((name) => one.getAttribute(name) === other.getAttribute(name))
  && (!one.matches("button, [type=radio], [type=checkbox]") || one.value === other.value) && (one.name || one.textContent === other.textContent);

function settle() {
  for (const part of $$("[data-save]")) part.hidden = true;
  ticked();
  listen();
}

// Rows that are there stay where they are, with what more of them was read meanwhile.
function mend(form) {
  for (const fresh of $$(".row", form)) {
    const old = document.getElementById(fresh.id);
    if (!old) continue;
    const link = $(".line", fresh);
    if (current() === old) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    const focused = old.contains(document.activeElement);
    const [tickedBefore, box] = [old, fresh].map((row) => $("input[type=checkbox]", row));
    if (tickedBefore && box) box.checked = tickedBefore.checked;
    if (last === tickedBefore) last = box;
    old.replaceWith(fresh);
    if (focused) link.focus({ preventScroll: true });
  }
  if (!("words" in $("#list").dataset)) $(".bar").replaceWith($(".bar", form));
  for (const name of ["open", "after", "group"]) {
    const [mine, theirs] = [$(`input[name=${name}]`, $("#marks")), $(`input[name=${name}]`, form)];
    if (mine && theirs) mine.value = theirs.value;
  }
}

// Rows
const rows = () => $$("#list .row");
const current = () => $("#list .line[aria-current]")?.closest(".row") ?? null;

let soon;
function open(row, { now = false, focus = true } = {}) {
  if (!row) return;
  current()?.querySelector(".line").removeAttribute("aria-current");
  const link = $(".line", row);
  link.setAttribute("aria-current", "true");
  if (focus) link.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  clearTimeout(soon);
  const fetched = () => load(link.href, { keep: true });
  if (now) return fetched();
  soon = setTimeout(fetched, 70);
}

function step(by) {
  if (!$("#list")) return walk(by);
  const all = rows(), at = all.indexOf(current());
  const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
  if (at + by >= all.length) $("[data-more]")?.click();
  open(next);
}

// On all other pages a row is what has a link of its own.
function walk(by) {
  const all = $$("main :is(tbody tr, .task, .account)").map((row) => $("a[href], button, summary", row)).filter(Boolean);
  const row = document.activeElement.closest("tr, .task, .account");
  const at = row ? all.findIndex((link) => row.contains(link)) : by > 0 ? -1 : all.length;
  const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
  next?.focus();
  next?.closest("tr, .task, .account").scrollIntoView({ block: "nearest" });
}

// Where there is room for one pane only, a record is a step that the browser's own "back" takes back.
const narrow = matchMedia("(max-width: 1000px)");
async function enter(line, byKeys) {
  const known = line.hasAttribute("aria-current") && !narrow.matches;
  if (narrow.matches) history.pushState({ record: true }, "", line.href);
  document.body.classList.add("open");
  if (!(known && byKeys)) await open(line.closest(".row"), { now: true, focus: !narrow.matches });
  if (narrow.matches || byKeys) $("#record").focus({ preventScroll: true });
}

function leave() {
  if (document.body.classList.contains("open") && history.state?.record) history.back();
  else shut();
}

function shut() {
  const address = new URL(location.href);
  address.searchParams.delete("row");
  history.replaceState(null, "", address);
  document.body.classList.remove("open");
  current()?.querySelector(".line").focus();
  current()?.scrollIntoView({ block: "nearest" });
}

const boxes = () => $$("#list .row input[type=checkbox]");
const chosen = () => boxes().filter((box) => box.checked);
let last = null;

function ticked() {
  const number = chosen().length;
  for (const button of $$("[data-some]")) button.hidden = number === 0;
  for (const part of $$("[data-whole]")) part.hidden = number > 0;
  for (const part of $$("[data-chosen]")) {
    part.hidden = number === 0;
    part.textContent = `${number} chosen`;
  }
}

function tick(box, range) {
  const all = boxes();
  if (range && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((one, other) => one - other);
    for (const one of all.slice(from, to + 1)) one.checked = box.checked;
  }
  last = box;
  ticked();
}

// Forms are sent as the browser would, and the page that comes back is put in place.
async function send(form, button) {
  if (form.classList.contains("waiting")) return;
  const body = new URLSearchParams(new FormData(form));
  if (button?.name) body.set(button.name, button.value);
  const then = form.dataset.then === "next" && button.value !== "cleared";
  const keep = !["whole", "advised"].includes(button?.name), number = chosen().length;
  const stays = narrow.matches || $("#record").contains(document.activeElement);
  form.classList.add("waiting");
  if (then && current() === rows().at(-1) && $("[data-more]")) await more($("[data-more]"));
  const all = rows(), next = all[all.indexOf(current()) + 1]?.id;
  const response = await load(form.action, { method: "POST", body, keep });
  form.classList.remove("waiting");
  if (!response) return;
  for (const box of chosen()) box.checked = false;
  ticked();
  say(done(button, form.id === "marks" ? number : 1));
  if (then && next) open(document.getElementById(next), { focus: !stays });
  else if (then) say(`${done(button, 1)} This was the last one here.`);
}

const DONE = { approved: "Approved", rejected: "Left out", cleared: "Open again" };
function done(button, number) {
  if (button?.matches("[data-undo]")) return "Taken back.";
  const deed = DONE[button?.value];
  if (!deed) return "Kept.";
  const many = button.name === "whole" ? "All" : number > 1 ? number : "";
  return many ? `${many} ${deed.toLowerCase()}.` : `${deed}.`;
}

// A key is about the row that is marked, also while the record beside the list is still that of the row before.
async function inSight() {
  const row = current(), isShown = () => !row || $("#record").dataset.ordinal === row.dataset.ordinal;
  if (!isShown()) await open(row, { now: true, focus: false });
  return isShown() && row?.dataset.ordinal === current()?.dataset.ordinal;
}

async function press(name) {
  const value = name === "a" ? "approved" : "rejected";
  const button = chosen().length && $(`#marks [data-some][value=${value}]`);
  if (button) await send(button.form, button);
  else await act(name);
}

async function act(name) {
  const button = await inSight() && $(`#record [data-key=${name}]`);
  if (button) await send(button.form, button);
}

async function more(link) {
  link.removeAttribute("data-more");
  const page = await fetch(link.href, { credentials: "same-origin" }).then((answer) => answer.text())
    .then((text) => new DOMParser().parseFromString(text, "text/html"), () => null);
  if (!page) {
    link.setAttribute("data-more", "");
    say("The server does not answer. Further rows are not here yet.", { bad: true });
    return;
  }
  const list = $("#marks .rows", page);
  if (!list) return;
  localise(list);
  for (const line of $$("[aria-current]", list)) line.removeAttribute("aria-current");
  $("#marks .rows").append(...list.children);
  const pager = $("#marks .pager", page);
  link.closest(".pager").replaceWith(...(pager ? [pager] : []));
  watch();
  ticked();
}

const seer = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seer.unobserve(target);
    more(target);
  }
}, { rootMargin: "600px" });
const watch = () => $$("[data-more]").forEach((link) => seer.observe(link));

// Listening
document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey) return;
  const target = event.target;
  const tab = target.closest("[data-tab]");
  const line = target.closest("#list .line"), group = target.closest("[data-group]"), further = target.closest("[data-more]");
  if (target.closest("[data-keys]")) $("#keys").showModal();
  else if (target.closest("[data-toast-undo]")) KEYS.u();
  else if (line && !event.shiftKey) {
    event.preventDefault();
    enter(line, event.detail === 0);
  } else if (target.closest("[data-back]")) {
    event.preventDefault();
    leave();
  } else if (group) {
    event.preventDefault();
    delete $("#record").dataset.touched;
    load(group.href).then(() => {
      $("#list").scrollTop = 0;
      showGroup();
      watch();
    });
  } else if (tab) {
    event.preventDefault();
    load(tab.href, { keep: true });
  } else if (further) {
    event.preventDefault();
    more(further);
  } else if (target.matches("#list input[type=checkbox]")) tick(target, event.shiftKey);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-swap], .deeds form")) {
    event.preventDefault();
    send(form, event.submitter);
  } else if (form.method === "post") {
    // One press is one deed.
    setTimeout(() => $$("button", form).forEach((button) => { button.disabled = true; }));
    setTimeout(() => $$("button", form).forEach((button) => { button.disabled = false; }), 4000);
  }
});

// Typing a value is choosing to write it; there is something to keep once something was chosen.
document.addEventListener("input", (event) => {
  const record = event.target.closest("#record");
  if (record) record.dataset.touched = "";
  for (const part of $$("[data-save]", event.target.closest("form") ?? undefined)) part.hidden = false;
  const choice = event.target.matches("[data-own]") && $("input[type=radio]", event.target.closest("label"));
  if (choice) choice.checked = true;
});

// Whoever speaks to their computer, or hits keys by chance, can do without single letters.
const lettersOn = () => localStorage.getItem("letters") !== "off";
const letters = $("[data-letters]");
letters.checked = lettersOn();
letters.addEventListener("change", () => localStorage.setItem("letters", letters.checked ? "on" : "off"));

const KEYS = {
  "?": () => $("#keys").showModal(),
  "/": () => { $("[data-search]")?.focus(); $("[data-search]")?.select(); },
  j: () => step(1),
  ArrowDown: () => step(1),
  k: () => step(-1),
  ArrowUp: () => step(-1),
  a: () => press("a"),
  r: () => press("r"),
  s: () => act("s"),
  u: () => { const button = $("[data-undo]"); if (button) send(button.form, button); },
  e: async () => {
    if (!await inSight()) return;
    const choices = $("#record .choose[open]") ?? $("#record .choose");
    if (choices) choices.open = true;
    const field = $("#record .choose[open] [data-own]");
    field?.focus();
    field?.select();
  },
  d: () => $("#verdict a.primary")?.click(),
  n: () => turn(1),
  p: () => turn(-1),
  x: () => tickCurrent(false),
  X: () => tickCurrent(true),
  Escape: () => {
    const asked = $("details.confirm[open]");
    if (asked) {
      asked.open = false;
      $("summary", asked).focus();
    } else if (narrow.matches && document.body.classList.contains("open")) leave();
    else if (document.activeElement.closest("#record")) current()?.querySelector(".line").focus();
    else if (chosen().length) {
      for (const box of chosen()) box.checked = false;
      ticked();
    } else current()?.querySelector(".line").focus();
  },
};
// On a phone groups stand in one line; the page itself stays where it is.
function showGroup() {
  const strip = $(".groups"), [ours, theirs] = [$("[data-group][aria-current]"), strip].map((part) => part?.getBoundingClientRect());
  if (ours) strip.scrollLeft += ours.left - theirs.left - 16;
}

const AGAIN = new Set(["j", "k", "ArrowDown", "ArrowUp"]); // what may be held down
let going = -Infinity;

function turn(by) {
  const all = $$("[data-group]"), at = all.findIndex((link) => link.hasAttribute("aria-current"));
  all.at((at + by) % all.length)?.click();
}

function tickCurrent(range) {
  const box = current() && $("input[type=checkbox]", current());
  if (!box) return;
  box.checked = !box.checked;
  tick(box, range);
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing || $("dialog[open]")) return;
  if (key.length === 1 && key !== "?" && !lettersOn()) return;
  if (typing(target)) {
    if (key === "Escape") (target.closest("#record") ?? current()?.querySelector(".line") ?? $("main")).focus();
    return;
  }
  if (key === "Enter" && target.matches("#list input[type=checkbox]")) {
    event.preventDefault();
    enter($(".line", target.closest(".row")), true);
    return;
  }
  const gone = going > event.timeStamp - 1500 && $(`[data-jump="${CSS.escape(key)}"]`);
  going = key === "g" ? event.timeStamp : -Infinity;
  if (gone) gone.click();
  const deed = gone || KEYS[key];
  if (!deed || key.startsWith("Arrow") && !target.closest("#list") || event.repeat && !AGAIN.has(key)) return;
  event.preventDefault();
  if (!gone) deed();
});

addEventListener("popstate", (event) => {
  if (!$("#list") || !narrow.matches || location.hash) return;
  if (event.state?.record) document.body.classList.add("open");
  else shut();
});

// What others decide, and how far sending has come, is seen by itself. A page that nobody looks at asks nobody, nor
// does one on which nothing can happen any more; a server that does not answer is asked less and less often.
let listening, misses = 0;
function listen() {
  clearTimeout(listening);
  const queue = $("#queue[data-pulse-url]");
  if (!queue || document.hidden) return;
  const pause = "working" in queue.dataset ? 1500 : 2500;
  listening = setTimeout(() => hear().then(heard, unheard).then(listen), Math.min(pause * 2 ** misses, 30_000));
}

async function hear() {
  await Promise.all([follow($("[data-fragment]")), beat($("#queue"))]);
}

function heard() {
  if (misses > 1) say("The server answers again.");
  misses = 0;
}

function unheard() {
  misses += 1;
  if (misses === 2) say("The server does not answer. This page tries again by itself.", { bad: true });
}

async function beat(queue) {
  const answer = await fetch(queue.dataset.pulseUrl, { credentials: "same-origin" });
  if (answer.redirected || answer.status === 403) {
    delete $("#queue").dataset.pulseUrl;
    say("You are signed out. Load the page to sign in again.", { bad: true });
    return;
  }
  if (!answer.ok) throw new Error(answer.statusText);
  const { pulse } = await answer.json(), before = $("#queue").dataset.pulse;
  const isBusy = document.activeElement && typing(document.activeElement);
  if (pulse === before || isBusy || underWay) return;
  const here = current()?.querySelector(".line").href ?? location.href;
  await load(here, { keep: pulse.startsWith(before.split("/")[0]), push: false, news: true });
}

// An answer that a newer page has overtaken is dropped, so that no number goes back.
async function follow(progress) {
  if (!progress) return;
  const mine = latest;
  const answer = await fetch(progress.dataset.fragment, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected || mine !== latest) return;
  progress.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.children);
  localise(progress);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && $("#queue[data-pulse-url]")) hear().then(heard, unheard).then(listen);
  else listen();
});

// What a deed led to is said on the page that it leads to: whoever does not see the page is taken there.
const outcome = $("main :is(.banner, .notice)[role]");
if (outcome) {
  outcome.tabIndex = -1;
  outcome.focus({ preventScroll: true });
}

$$("[data-keys]").forEach((button) => { button.hidden = false; });
localise(document);
settle();
watch();
showGroup();
