// The tree of metrics: a picture on wide screens, an expandable list on narrow ones.
// Every text comes from Python and is written with textContent; nothing here is parsed as HTML.
const SVG = 'http://www.w3.org/2000/svg';
const NARROW = 640, GAP_X = 54, GAP_Y = 10, COUSINS = 8, PAD = 24;
const SIZES = { big: [228, 112], mid: [228, 78], slim: [228, 56], gone: [228, 70] };
const MOST_OPEN = 12, MIN_FIT = 0.72, MIN_ZOOM = 0.35, MAX_ZOOM = 1.6;

const el = (tag, cls, text) => {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  if (text !== undefined && text !== null) e.textContent = text;
  return e;
};
const svg = (tag, attrs) => {
  const e = document.createElementNS(SVG, tag);
  for (const [k, v] of Object.entries(attrs || {})) e.setAttribute(k, v);
  return e;
};

// what is folded, remembered for this browser tab; a storage that is switched off only forgets
const recall = (key) => { try { return JSON.parse(sessionStorage.getItem(key)) || {}; } catch { return {}; } };
const remember = (key, value) => { try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* no storage */ } };

// the model ---------------------------------------------------------------------------------------
function model(data) {
  const by = new Map(), kids = new Map();
  for (const n of data.nodes) { by.set(n.id, n); kids.set(n.id, []); }
  let root = null;
  for (const n of data.nodes) {
    if (n.parent !== null && by.has(n.parent)) kids.get(n.parent).push(n); else if (!root) root = n;
  }
  return { by, kids, root };
}
const weight = (n) => Math.abs(n.contribution_share ?? 0);

// opened as the first look needs it: the root, two levels, and the branch that moved most down to its leaf
function opening(m) {
  const open = {};
  if (!m.root) return open;
  open[m.root.id] = true;
  const first = m.kids.get(m.root.id), count = first.reduce((n, k) => n + m.kids.get(k.id).filter((c) => !c.missing).length, 0);
  // a bushy tree keeps its assumptions folded at first, so that the numbers stay readable
  for (const k of first) open[k.id] = m.kids.get(k.id).some((c) => !c.missing && (count <= MOST_OPEN || c.edge === 'identity'));
  let at = m.root;
  while (at) {
    const next = m.kids.get(at.id).filter((n) => n.edge === 'identity' && !n.missing).sort((a, b) => weight(b) - weight(a))[0];
    if (next && m.kids.get(next.id).some((c) => !c.missing)) open[next.id] = true;
    at = next;
  }
  return open;
}

// the visible nodes in reading order, each with depth and siblings
function visible(m, state) {
  const out = [];
  const shown = (n) => m.kids.get(n.id).filter((k) => state.missing || !k.missing);
  const go = (n, depth, place, count) => {
    const below = shown(n), isOpen = below.length > 0 && !!state.open[n.id];
    out.push({ n, depth, place, count, below, isOpen });
    if (isOpen) below.forEach((k, i) => go(k, depth + 1, i + 1, below.length));
  };
  if (m.root) go(m.root, 0, 1, 1);
  return out;
}

// layout: leaves are stacked, a parent stands at the middle of its children
function layout(rows) {
  const pos = new Map(), wide = [];
  const kind = (r) => (r.n.missing ? 'gone' : r.depth < 2 ? 'big' : r.n.edge === 'influence' ? 'slim' : 'mid');
  for (const r of rows) wide[r.depth] = Math.max(wide[r.depth] || 0, SIZES[kind(r)][0]);
  const left = [PAD];
  for (let d = 1; d < wide.length; d++) left[d] = left[d - 1] + wide[d - 1] + GAP_X;
  // `free[d]` = first free y of column d; columns are packed each for itself, so a bushy branch costs only its own
  const free = wide.map(() => PAD), list = [];
  let i = 0;
  const go = () => {
    const first = i, r = rows[i++], d = r.depth, [w, h] = SIZES[kind(r)];
    let top = free[d];
    if (r.isOpen) {
      if (free[d + 1] > PAD) free[d + 1] += COUSINS;
      const mids = r.below.map(() => go());
      top = (mids[0] + mids[mids.length - 1]) / 2 - h / 2;
      const down = free[d] - top;
      if (down > 0) {  // no room at the middle: the whole branch moves down
        top += down;
        const moved = new Set();
        for (let j = first + 1; j < i; j++) { pos.get(rows[j].n.id).y += down; moved.add(rows[j].depth); }
        for (const k of moved) free[k] += down;
      }
    }
    free[d] = top + h + GAP_Y;
    const at = { x: left[d], y: top, w, h, kind: kind(r) };
    pos.set(r.n.id, at); list[first] = at;
    return top + h / 2;
  };
  if (rows.length) go();
  // a root higher than its first leaf may stand above the edge: bring everything back inside
  const up = Math.min(0, ...[...pos.values()].map((p) => p.y - PAD));
  for (const p of pos.values()) p.y -= up;
  const all = [...pos.values()];
  return { pos, root: list[0], W: Math.max(0, ...all.map((p) => p.x + p.w)) + PAD + 18, H: Math.max(0, ...all.map((p) => p.y + p.h)) + PAD };
}

function spark(values, w, h) {
  const known = values.filter((v) => v !== null);
  if (known.length < 2) return null;
  const lo = Math.min(...known), span = (Math.max(...known) - lo) || 1, step = w / Math.max(1, values.length - 1);
  const s = svg('svg', { class: 'spark', width: w, height: h, 'aria-hidden': 'true' });
  let d = '', pen = false, last = null;
  values.forEach((v, i) => {
    if (v === null) { pen = false; return; }
    const x = i * step, y = h - 2 - ((v - lo) / span) * (h - 4);
    d += `${pen ? 'L' : 'M'}${x.toFixed(1)},${y.toFixed(1)}`; pen = true; last = [x, y];
  });
  s.append(svg('path', { d }), svg('circle', { cx: last[0], cy: last[1], r: 2.6 }));
  return s;
}

const spoken = (n, words) => [n.starred ? words.starred : '', n.name, n.missing ? n.missing : [n.value_text, n.change_text, n.status_text].filter(Boolean).join(', '), n.contribution_text ? `${words.part} ${n.contribution_text}` : '', n.edge === 'influence' ? words.influence : '', n.outside || ''].filter(Boolean).join('. ');

function item(e, r, state, words) {
  e.dataset.id = r.n.id;
  e.setAttribute('role', 'treeitem');
  e.setAttribute('aria-level', r.depth + 1);
  e.setAttribute('aria-posinset', r.place);
  e.setAttribute('aria-setsize', r.count);
  e.setAttribute('aria-selected', String(r.n.id === state.selected));
  if (r.below.length) e.setAttribute('aria-expanded', String(r.isOpen)); else e.removeAttribute('aria-expanded');
  e.setAttribute('aria-label', spoken(r.n, words));
  e.tabIndex = r.n.id === state.at ? 0 : -1;
  e.title = r.n.missing ? `${r.n.name}: ${r.n.missing}` : r.n.name;
}
function nameOf(n) {
  const e = el('div', 'name');
  if (n.starred) e.append(el('span', 'star', '★'));
  e.append(document.createTextNode(n.name));
  if (n.outside) { const mark = el('span', 'outside', '⊘'); mark.title = n.outside; e.append(mark); }
  return e;
}

const part = (n, words) => el('div', `part ${n.direction_of_part}`, words ? `${words.part} ${n.contribution_text}` : n.contribution_text);

// the picture --------------------------------------------------------------------------------------
function card(n, kind, words) {
  const c = el('div', `node ${kind} ${n.missing ? 'neutral' : n.direction}`);
  c.append(nameOf(n));
  if (n.missing) { c.append(el('div', 'part', n.missing)); return c; }
  const change = el('span', 'change', n.change_text);
  if (kind === 'big') {
    c.append(el('div', 'value', n.value_text));
    const s = spark(n.spark, 84, 30);
    if (s) c.append(s);
    const foot = el('div', 'foot'), left = el('span');
    left.append(change, document.createTextNode(' '), el('span', 'word', n.status_text));
    foot.append(left);
    if (n.contribution_text) foot.append(part(n, words));
    c.append(foot);
  } else {
    const s = kind === 'mid' && spark(n.spark, 54, 20);
    if (s) c.append(s);
    const foot = el('div', 'foot'), left = el('span');
    left.append(el('span', 'value', n.value_text), change);
    foot.append(left, n.contribution_text ? part(n) : el('span', 'word', n.status_text));
    c.append(foot);
  }
  return c;
}

function drawPicture(ui, m, state, data, act) {
  const rows = visible(m, state), { pos, root, W, H } = layout(rows), live = new Set();
  ui.inner.style.width = `${W}px`; ui.inner.style.height = `${H}px`;
  ui.edges.setAttribute('width', W); ui.edges.setAttribute('height', H);
  ui.edges.replaceChildren();
  for (const r of rows) {
    const p = pos.get(r.n.id), id = r.n.id, print = JSON.stringify([r.n, p.kind]);
    let c = ui.cards.get(id);
    if (!c || c.print !== print) {
      const fresh = card(r.n, p.kind, data.words);
      fresh.print = print;
      if (r.depth === 0) fresh.classList.add('root');
      if (c) c.replaceWith(fresh); else { fresh.classList.add('new'); ui.inner.append(fresh); }
      ui.cards.set(id, fresh); c = fresh;
    }
    live.add(id);
    Object.assign(c.style, { left: `${p.x}px`, top: `${p.y}px`, width: `${p.w}px`, height: `${p.h}px` });
    item(c, r, state, data.words);
    c.onclick = () => act.choose(id);
    fold(ui, r, p, state, act);
    if (r.depth) edge(ui, r.n, pos.get(r.n.parent), p, m.by.get(r.n.parent));
  }
  for (const [id, c] of ui.cards) if (!live.has(id)) { c.remove(); ui.cards.delete(id); }
  for (const [id, f] of ui.folds) if (!live.has(id) || !rows.find((r) => r.n.id === id).below.length) { f.remove(); ui.folds.delete(id); }
  // the order of the page is the order of reading, also for people who tab and for screen readers
  rows.forEach((r) => ui.inner.append(ui.cards.get(r.n.id)));
  ui.W = W; ui.H = H; ui.root = root;
}
function fold(ui, r, p, state, act) {
  if (!r.below.length) return;
  let f = ui.folds.get(r.n.id);
  if (!f) { f = el('div', 'fold'); f.setAttribute('aria-hidden', 'true'); ui.folds.set(r.n.id, f); ui.inner.append(f); }
  f.classList.toggle('shut', !r.isOpen);
  f.textContent = r.isOpen ? (r.n.operator || '‹') : `+${r.below.length}`;
  f.style.left = `${p.x + p.w - 1}px`; f.style.top = `${p.y + p.h / 2 - 13}px`;
  f.onclick = (ev) => { ev.stopPropagation(); act.toggle(r.n.id); };
}
function edge(ui, n, a, b) {
  const x0 = a.x + a.w + 22, y0 = a.y + a.h / 2, x1 = b.x - 1, y1 = b.y + b.h / 2, mid = (x0 + x1) / 2;
  const e = svg('path', { class: `${n.edge} ${n.direction_of_part || 'neutral'}`, d: `M${x0},${y0}C${mid},${y0} ${mid},${y1} ${x1},${y1}` });
  if (n.edge === 'identity') e.setAttribute('stroke-width', (1.6 + Math.min(1, weight(n)) * 10).toFixed(1));
  ui.edges.append(e);
}

function fit(ui, state, whole) {
  const w = ui.box.clientWidth, tall = roomy(ui);
  let z = Math.min(w / ui.W, tall / ui.H, 1);
  if (!whole) z = Math.max(z, MIN_FIT);
  zoomTo(ui, state, Math.max(z, MIN_ZOOM));
  ui.box.scrollLeft = 0;
  if (ui.root) ui.box.scrollTop = (ui.root.y + ui.root.h / 2) * state.zoom - ui.box.clientHeight / 2;
}
const roomy = (ui) => Math.max(380, Math.min(760, (window.innerHeight || 900) - 250));
function zoomTo(ui, state, z, centre) {
  const old = state.zoom || 1, box = ui.box;
  const cx = centre ? centre[0] : box.clientWidth / 2, cy = centre ? centre[1] : box.clientHeight / 2;
  const px = (box.scrollLeft + cx) / old, py = (box.scrollTop + cy) / old;
  state.zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, z));
  place(ui, state);
  box.scrollLeft = px * state.zoom - cx; box.scrollTop = py * state.zoom - cy;
}
function place(ui, state) {
  ui.inner.style.transform = `scale(${state.zoom})`;
  ui.size.style.width = `${ui.W * state.zoom}px`; ui.size.style.height = `${ui.H * state.zoom}px`;
  ui.box.style.height = `${Math.min(roomy(ui), Math.max(240, ui.H * state.zoom + 2))}px`;
}
function pan(ui) {
  let from = null;
  ui.box.addEventListener('pointerdown', (ev) => {
    if (ev.pointerType !== 'mouse' || ev.button !== 0 || ev.target.closest('.node,.fold')) return;
    from = [ev.clientX, ev.clientY, ui.box.scrollLeft, ui.box.scrollTop];
    ui.box.setPointerCapture(ev.pointerId); ui.box.classList.add('drag');
  });
  ui.box.addEventListener('pointermove', (ev) => {
    if (!from) return;
    ui.box.scrollLeft = from[2] - (ev.clientX - from[0]); ui.box.scrollTop = from[3] - (ev.clientY - from[1]);
  });
  const stop = () => { from = null; ui.box.classList.remove('drag'); };
  ui.box.addEventListener('pointerup', stop); ui.box.addEventListener('pointercancel', stop);
}

// the list -------------------------------------------------------------------------------------------
function drawList(ui, m, state, data, act) {
  const out = [];
  for (const r of visible(m, state)) {
    const n = r.n, row = el('div', `row ${n.missing ? 'gone neutral' : n.direction}`);
    row.style.marginLeft = `${Math.min(r.depth, 5) * 12}px`;
    item(row, r, state, data.words);
    const open = el('span', 'open', r.below.length ? (r.isOpen ? '▾' : '▸') : '');
    open.setAttribute('aria-hidden', 'true');
    if (r.below.length) open.onclick = (ev) => { ev.stopPropagation(); act.toggle(n.id); };
    const mid = el('div'); mid.append(nameOf(n));
    if (n.missing) mid.append(el('div', 'part', n.missing));
    else {
      if (n.contribution_text) mid.append(part(n, data.words));
      if (n.edge === 'influence') mid.append(el('div', 'how', data.words.influence));
    }
    row.append(open, mid);
    if (!n.missing) {
      const side = el('div', 'side');
      const moved = el('div', 'moved'); moved.append(el('span', 'change', n.change_text), el('span', 'word', n.status_text));
      side.append(el('div', 'value', n.value_text), moved);
      row.append(side);
    }
    row.onclick = () => act.choose(n.id);
    out.push(row);
  }
  ui.list.replaceChildren(...out);
}

// keyboard, the pattern of a tree view ------------------------------------------------------------------
function keys(ui, m, state, act) {
  return (ev) => {
    const id = ev.target.dataset && ev.target.dataset.id;
    if (!id) return;
    const rows = visible(m, state), i = rows.findIndex((r) => r.n.id === id), r = rows[i];
    if (!r) return;
    const go = (row) => row && act.focus(row.n.id);
    const done = {
      ArrowDown: () => go(rows[i + 1]), ArrowUp: () => go(rows[i - 1]),
      ArrowRight: () => (r.below.length && !r.isOpen ? act.toggle(id) : r.isOpen && go(rows[i + 1])),
      ArrowLeft: () => (r.isOpen ? act.toggle(id) : r.n.parent && act.focus(r.n.parent)),
      Home: () => go(rows[0]), End: () => go(rows[rows.length - 1]),
      Enter: () => act.choose(id), ' ': () => act.choose(id),
    }[ev.key];
    if (!done) return;
    ev.preventDefault(); done();
  };
}

// toolbar ------------------------------------------------------------------------------------------------
function sample(kind) {
  const s = svg('svg', { width: 30, height: 10, 'aria-hidden': 'true' });
  const p = svg('path', { d: 'M1,5L29,5', fill: 'none', 'stroke-linecap': 'round', stroke: 'currentColor', 'stroke-width': kind === 'identity' ? 4 : 1.8 });
  if (kind === 'influence') p.setAttribute('stroke-dasharray', '2 6'); else p.setAttribute('opacity', .5);
  s.append(p); return s;
}
function toolbar(ui, m, state, data, act, narrow) {
  const w = data.words, out = [];
  if (!narrow) for (const kind of ['identity', 'influence']) {
    if (!data.nodes.some((n) => n.edge === kind && (state.missing || !n.missing))) continue;
    const k = el('span', 'key'); k.append(sample(kind), el('span', '', w[kind])); out.push(k);
  }
  const tools = el('span', 'tools'), gone = data.nodes.filter((n) => n.missing).length;
  const tool = (text, label, run, pressed) => {
    const b = el('button', 'tool', text); b.type = 'button'; b.setAttribute('aria-label', label); b.title = label;
    if (pressed !== undefined) b.setAttribute('aria-pressed', String(pressed));
    b.onclick = run; tools.append(b);
  };
  if (gone) tool(`${w.missing} (${gone})`, w.missing_help, act.missing, !!state.missing);
  tool('⊞', w.expand, () => act.all(true)); tool('⊟', w.collapse, () => act.all(false));
  if (!narrow) {
    tool('−', w.zoom_out, () => { zoomTo(ui, state, state.zoom / 1.2); act.keep(); });
    tool('+', w.zoom_in, () => { zoomTo(ui, state, state.zoom * 1.2); act.keep(); });
    tool(w.fit, w.fit_help, () => { fit(ui, state, true); act.keep(); });
  }
  out.push(tools);
  ui.bar.replaceChildren(...out);
}

function build(host) {
  const ui = { host, bar: el('div', 'bar'), box: el('div', 'box'), size: el('div', 'size'), inner: el('div', 'in'), list: el('div', 'list'), edges: svg('svg', { class: 'edges', 'aria-hidden': 'true' }), cards: new Map(), folds: new Map() };
  ui.inner.append(ui.edges); ui.size.append(ui.inner); ui.box.append(ui.size);
  host.replaceChildren(ui.bar, ui.box, ui.list);
  pan(ui);
  ui.box.addEventListener('wheel', (ev) => {
    if (!ev.ctrlKey && !ev.metaKey) return;  // a plain wheel scrolls, as everywhere
    ev.preventDefault();
    const at = ui.box.getBoundingClientRect();
    zoomTo(ui, ui.state, ui.state.zoom * (ev.deltaY < 0 ? 1.1 : 1 / 1.1), [ev.clientX - at.left, ev.clientY - at.top]);
  }, { passive: false });
  return ui;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const host = parentElement.querySelector('.mt');
  const ui = host.ui || (host.ui = build(host));
  const m = model(data), key = `crmkpi.tree.${data.key}`;
  if (!ui.state || ui.key !== key) {
    const kept = recall(key);
    ui.state = { open: kept.open || opening(m), missing: !!kept.missing, zoom: kept.zoom || 0, selected: data.selected, at: data.selected };
    ui.key = key; ui.fresh = !kept.zoom;
  }
  const state = ui.state;
  state.selected = data.selected;
  if (!m.by.has(state.at)) state.at = data.selected && m.by.has(data.selected) ? data.selected : m.root && m.root.id;

  const keep = () => remember(key, { open: state.open, missing: state.missing, zoom: state.zoom });
  const draw = () => {
    const narrow = host.clientWidth < NARROW;
    ui.box.hidden = narrow; ui.list.hidden = !narrow;
    ui.box.style.display = narrow ? 'none' : ''; ui.list.style.display = narrow ? '' : 'none';
    if (!visible(m, state).some((r) => r.n.id === state.at)) state.at = m.root && m.root.id;
    const tree = narrow ? ui.list : ui.inner;
    (narrow ? ui.inner : ui.list).removeAttribute('role');
    tree.setAttribute('role', 'tree'); tree.setAttribute('aria-label', data.words.tree);
    tree.onkeydown = keys(ui, m, state, act);
    toolbar(ui, m, state, data, act, narrow);
    if (narrow) { drawList(ui, m, state, data, act); return; }
    drawPicture(ui, m, state, data, act);
    if (ui.fresh && host.clientWidth > 0) { ui.fresh = false; fit(ui, state, false); } else place(ui, state);
  };
  const act = {
    keep,
    toggle: (id) => { state.open[id] = !state.open[id]; state.at = id; keep(); draw(); act.focus(id); },
    focus: (id) => {
      state.at = id;
      for (const e of host.querySelectorAll('[role=treeitem]')) {
        e.tabIndex = e.dataset.id === id ? 0 : -1;
        if (e.dataset.id === id) e.focus({ preventScroll: false });
      }
    },
    choose: (id) => {
      state.selected = id; state.at = id;
      for (const e of host.querySelectorAll('[role=treeitem]')) e.setAttribute('aria-selected', String(e.dataset.id === id));
      setTriggerValue('clicked', id);
    },
    missing: () => { state.missing = !state.missing; keep(); draw(); },
    all: (yes) => { state.open = {}; if (yes) for (const n of data.nodes) state.open[n.id] = true; else state.open[m.root.id] = true; keep(); draw(); fit(ui, state, false); keep(); },
  };
  draw();
  if (ui.watch) ui.watch.disconnect();
  let last = host.clientWidth;
  ui.watch = new ResizeObserver(() => {
    if (Math.abs(host.clientWidth - last) < 2) return;
    const first = last === 0; last = host.clientWidth;
    if (first || (!ui.list.hidden) !== (last < NARROW)) ui.fresh = ui.fresh || !state.zoom;
    draw();
  });
  ui.watch.observe(host);
  return () => { if (ui.watch) ui.watch.disconnect(); };
}
