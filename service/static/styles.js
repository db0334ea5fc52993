/**
 * The look of the conversation. The page sets --ask-* on the element and parts through ::part().
 * One bright thing only: the words that answer.
 */
const DARK = `
  --ask-surface: #151a1b; --ask-raised: #202728; --ask-ink: #e9ebe6; --ask-muted: #a6b0ad; --ask-line: #343d3d;
  --ask-accent: #8ccfc4; --ask-on-accent: #0c1a19; --ask-focus: #f0c04a;
  --ask-mark: #3f3718; --ask-mark-ink: #fbf5e0; --ask-strong: #f0c04a; --ask-strong-ink: #1a1503;`;

export const STYLE = `
:host {
  --ask-surface: #fdfdfb; --ask-raised: #f1f3ee; --ask-ink: #17201f; --ask-muted: #55605e; --ask-line: #d9ddd6;
  --ask-accent: #14524d; --ask-on-accent: #fff; --ask-focus: #b97a00;
  --ask-mark: #fdf0c2; --ask-mark-ink: #17201f; --ask-strong: #ffd25e; --ask-strong-ink: #17201f;
  --ask-serif: ui-serif, "Noto Serif", "Palatino Linotype", Palatino, Georgia, "Times New Roman", serif;
}
@media (prefers-color-scheme: dark) { :host(:not([data-theme="light"])) {${DARK} } }
:host([data-theme="dark"]) {${DARK} }
* { box-sizing: border-box; margin: 0; padding: 0; font: inherit; color: inherit; }
.panel {
  display: flex; flex-direction: column; border: 1px solid var(--ask-line);
  color: var(--ask-ink); background: var(--ask-surface); line-height: 1.5; overflow-wrap: break-word;
}
dialog {
  position: fixed; inset: auto 1.25em 5.5em auto; z-index: var(--ask-z, 2147483000);
  width: min(var(--ask-width, 27em), 100vw - 2.5em); max-width: none;
  height: min(var(--ask-height, 44em), 100vh - 7em); max-height: none;
  border-radius: .9em; overflow: hidden; box-shadow: 0 2px 6px #0002, 0 24px 60px -12px #0006;
}
dialog:not([open]) { display: none !important; }
:host([data-position="bottom-left"]) dialog { inset-inline: 1.25em auto; }
header { display: flex; align-items: center; gap: 1em; padding: .5em .5em .5em 1.25em; border-bottom: 1px solid var(--ask-line); }
header h2 { flex: 1; font-weight: 650; }
.scroller { flex: 1; min-height: 0; overflow: hidden auto; overscroll-behavior: contain; position: relative; padding-inline: 1.25em; }
.empty { padding-block: 1.75em 1.5em; }
.welcome, .refusal { font: 1.5em/1.3 var(--ask-serif); text-wrap: balance; margin-bottom: .35em; }
.why, .understood, .label, .waiting, .place, .trust, .feedback, .plain blockquote { color: var(--ask-muted); }
.understood, .label, .action, .trust, .feedback, figcaption, summary, .notice { font-size: .9em; }
.entry { padding-block: 1.5em 1.75em; }
.entry + .entry, .trust, details, .passage + .passage { border-top: 1px solid var(--ask-line); }
.question { font-size: 1.06em; line-height: 1.4; }
.question, strong, cite, .strong { font-weight: 650; }
.reply > * { margin-top: 1em; }

.passage + .passage { margin-top: 1.5em; padding-top: 1.5em; }
blockquote { font: 1.19em/1.62 var(--ask-serif); text-wrap: pretty; }
details blockquote { font-size: 1.06em; }
mark { color: var(--ask-mark-ink); background: var(--ask-mark); padding: .1em; -webkit-box-decoration-break: clone; box-decoration-break: clone; border-radius: .15em; }
.span { color: var(--ask-strong-ink); background: var(--ask-strong); font-weight: 600; }
.sentence::before { content: attr(data-before); }
.sentence::after { content: attr(data-after); }
.hidden, .sentence::before, .sentence::after { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.control::before { content: "[" attr(data-code) "]"; font: .75em monospace; }
figcaption { margin-block: .9em .8em; }
cite { display: block; }
.actions, .trust, .feedback { display: flex; flex-wrap: wrap; gap: .5em; align-items: center; }
button { cursor: pointer; background: none; border: 1px solid transparent; border-radius: .6em; }
.action, .suggestion { display: inline-flex; align-items: center; min-height: 2.6em; padding: .3em .9em; line-height: 1.35; text-align: start; text-decoration: none; color: var(--ask-accent); border: 1px solid var(--ask-line); border-radius: .6em; }
.strong, :is(.action, .suggestion, .icon):hover { border-color: currentColor; }
:is(.action, .suggestion, .icon):hover { background: var(--ask-raised); }
:focus-visible { outline: 3px solid var(--ask-focus); outline-offset: 2px; }
.scroller:focus-visible { outline-offset: -3px; }
textarea:focus-visible { outline: 0; }
.label { margin-block: 1.5em .5em; }
.suggestions ul { list-style: none; display: grid; gap: .5em; }
.suggestion { width: 100%; color: inherit; }
.trust { flex-wrap: nowrap; align-items: baseline; padding-top: 1em; gap: .7em; }
strong { color: var(--ask-ink); }
.bars { flex: none; }
.bars i { display: inline-block; width: .28em; height: .45em; margin-inline-end: .16em; background: var(--ask-line); }
.bars :nth-child(2) { height: .7em; }
.bars :last-child { height: .95em; }
.low i:first-child, .medium i:not(:last-child), .high i { background: var(--ask-accent); }
.icon, .send { display: grid; place-items: center; width: 2.75em; height: 2.75em; }
svg { width: 1.3em; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
.down svg { transform: rotate(180deg); }
.send, [aria-pressed="true"] { color: var(--ask-on-accent); background: var(--ask-accent) !important; }
summary { cursor: pointer; padding-block: .9em .5em; color: var(--ask-accent); }
.waiting { animation: breathe 1.6s ease-in-out infinite alternate; }
@keyframes breathe { to { opacity: .45; } }

.composer { padding: .75em 1em max(.9em, env(safe-area-inset-bottom)); background: var(--ask-surface); border-top: 1px solid var(--ask-line); }
.box { display: flex; align-items: end; gap: .4em; padding: .3em; border: 1px solid var(--ask-muted); border-radius: 1em; background: var(--ask-surface); }
.box:focus-within { outline: 2px solid var(--ask-accent); }
textarea { flex: 1; min-width: 0; max-height: 9em; padding: .6em .7em; border: 0; background: none; resize: none; field-sizing: content; }
::placeholder { color: var(--ask-muted); opacity: 1; }
.notice:not(:empty) { padding: .5em .25em 0; }

.page { border: 0; max-width: 46em; min-height: inherit; margin-inline: auto; }
.page .scroller { overflow: visible; }
.page .entry { scroll-margin-top: .5em; }
.page .reply > .passage blockquote { font-size: 1.4em; line-height: 1.55; }
.page .composer { position: sticky; bottom: 0; border: 0; padding-inline: 1.25em; }
@media (min-width: 40em) { .page ul { grid-template-columns: 1fr 1fr; } }
@media (max-width: 480px), (max-height: 30em) { :host(:not([data-mode="page"])) dialog { inset: 0; width: 100%; height: 100%; border: 0; border-radius: 0; } }
@media (prefers-reduced-motion: reduce) { .waiting { animation: none; } }
@media (forced-colors: active) {
  mark, .bars i { forced-color-adjust: none; color: CanvasText; background: Canvas; text-decoration: underline; }
  .span { color: MarkText; background: Mark; }
  .low i:first-child, .medium i:not(:last-child), .high i { background: CanvasText; }
  .send, [aria-pressed="true"] { border-color: Highlight; }
}
@media print { .composer, .actions, .feedback { display: none; } }
`;
