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

function say(text) {
  $("#said").textContent = text;
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
  const { keep, push = true, ...request } = options;
  let page, response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...request });
    page = new DOMParser().parseFromString(await response.text(), "text/html");
  } catch {
    say("The server does not answer. Nothing was changed.");
    return null;
  }
  if (mine !== latest) return null;
  if (!$("#record", page)) {
    if (response.ok) location.assign(response.url);
    else explain(page);
    return null;
  }
  swap(page, keep);
  if (push && (request.method ?? "GET") === "GET" || response.redirected) history.replaceState(null, "", response.url);
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

function swap(page, keep) {
  for (const id of PANES) {
    const fresh = $(`#${id}`, page), old = $(`#${id}`);
    if (id === "list" && keep && $("#marks") && $("#marks", page)) {
      mend($("#marks", page));
      continue;
    }
    if (!fresh || !old || fresh.isEqualNode(old)) continue;
    localise(fresh);
    const at = old.scrollTop;
    old.replaceWith(fresh);
    if (id !== "record") fresh.scrollTop = at;
  }
  document.body.className = page.body.className;
  settle();
}

function settle() {
  for (const part of $$("[data-save]")) part.hidden = true;
  ticked();
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
  $(".bar").replaceWith($(".bar", form));
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
  const all = rows(), at = all.indexOf(current());
  const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
  if (at + by >= all.length) $("[data-more]")?.click();
  open(next);
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
  const then = form.dataset.then, from = current();
  const all = rows(), next = all[all.indexOf(from) + 1]?.id;
  const keep = !button || button.name !== "whole";
  form.classList.add("waiting");
  const response = await load(form.action, { method: "POST", body, keep });
  form.classList.remove("waiting");
  if (!response) return;
  for (const box of chosen()) box.checked = false;
  ticked();
  say(button ? `${button.textContent.trim()}: done` : "Kept");
  if (then === "next" && button.value !== "cleared" && next) open(document.getElementById(next));
}

function press(name) {
  const some = chosen().length > 0;
  const value = name === "a" ? "approved" : "rejected";
  const button = some ? $(`#marks [data-some][value=${value}]`) : $(`#record [data-key=${name}]`);
  if (button) send(button.form, button);
}

async function more(link) {
  link.removeAttribute("data-more");
  const answer = await fetch(link.href, { credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
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
  else if (line && !event.shiftKey) {
    event.preventDefault();
    open(line.closest(".row"), { now: true });
    document.body.classList.add("open");
  } else if (group) {
    event.preventDefault();
    load(group.href).then(() => { $("#list").scrollTop = 0; watch(); });
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
  "/": () => $("[data-search]")?.focus(),
  j: () => step(1),
  ArrowDown: () => step(1),
  k: () => step(-1),
  ArrowUp: () => step(-1),
  a: () => press("a"),
  r: () => press("r"),
  u: () => { const button = $("[data-undo]"); if (button) send(button.form, button); },
  e: () => {
    const choices = $("#record .choose[open]") ?? $("#record .choose");
    if (choices) choices.open = true;
    const field = $("#record .choose[open] [data-own]");
    field?.focus();
    field?.select();
  },
  g: () => {
    const all = $$("[data-group]"), at = all.findIndex((link) => link.hasAttribute("aria-current"));
    all[(at + 1) % all.length]?.click();
  },
  x: () => tickCurrent(false),
  X: () => tickCurrent(true),
  Escape: () => {
    document.body.classList.remove("open");
    current()?.querySelector(".line").focus();
  },
};

function tickCurrent(range) {
  const box = current() && $("input[type=checkbox]", current());
  if (!box) return;
  box.checked = !box.checked;
  tick(box, range);
}

document.addEventListener("keydown", (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey || $("dialog[open]")) return;
  if (event.key.length === 1 && event.key !== "?" && !lettersOn()) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const arrows = event.key.startsWith("Arrow");
  if (arrows && !event.target.closest("#list")) return;
  const deed = KEYS[event.key];
  if (!deed || (event.key.length === 1 && !"?/".includes(event.key) && !$("#list"))) return;
  event.preventDefault();
  deed();
});

// How far sending has come is asked for by itself, and far more often than the page around it.
async function follow() {
  const progress = $("[data-fragment]");
  if (progress && !document.hidden) {
    try {
      const answer = await fetch(progress.dataset.fragment, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected) {
        progress.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.children);
        localise(progress);
      }
    } catch { /* the next look may do better */ }
  }
  if ($("[data-pulse-url]")) setTimeout(follow, 1500);
}

// What others decide meanwhile is seen within seconds; a page nobody looks at asks nobody.
async function listen() {
  const queue = $("#queue");
  if (!queue) return;
  if (!document.hidden) {
    try {
      const answer = await fetch(queue.dataset.pulseUrl, { credentials: "same-origin" });
      if (answer.ok && answer.headers.get("content-type").includes("json")) {
        const { pulse } = await answer.json();
        const busy = document.activeElement && typing(document.activeElement);
        if (pulse !== $("#queue").dataset.pulse && !busy && !underWay) {
          const before = $("#queue").dataset.pulse.split("/")[0];
          await load(location.href, { keep: pulse.startsWith(before), push: false });
        }
      }
    } catch { /* the next look may do better */ }
  }
  setTimeout(listen, "working" in $("#queue").dataset ? 1500 : 5000);
}

$$("[data-keys]").forEach((button) => { button.hidden = false; });
localise(document);
settle();
watch();
setTimeout(listen, 2000);
setTimeout(follow, 1500);
