/** Works from 320 pixels up, follows the light or dark of the machine, needs nothing from elsewhere. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --back: light-dark(#f6f7f9, #14171c); --card: light-dark(#fff, #1d2128); --text: light-dark(#1c2330, #e4e8ee);
  --dim: light-dark(#5c6675, #98a2b3); --line: light-dark(#dfe3e9, #2e343e); --link: light-dark(#0b5cad, #7db4f5);
  --good: light-dark(#14713d, #5fd08f); --warn: light-dark(#8a5a00, #f0b955); --bad: light-dark(#b3261e, #ff8a80);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main, header { max-width: 76rem; margin: 0 auto; padding: 0 1rem; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; padding-top: 1.25rem; }
h1 { font-size: 1.4rem; margin: 0; } h1 a { color: inherit; text-decoration: none; }
h2 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
a { color: var(--link); }
.dim { color: var(--dim); } .num { text-align: right; font-variant-numeric: tabular-nums; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .75rem 1rem; overflow-wrap: anywhere; }
.card + .card { margin-top: .75rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin-top: 1rem; }
.cards .card { margin: 0; } .cards b { display: block; font-size: 1.35rem; }
table { border-collapse: separate; border-spacing: 0; width: 100%; }
table.card { padding: .25rem .4rem; } p.card { margin: 0; }
th { text-align: left; font-weight: 600; color: var(--dim); font-size: .85rem; }
th.num { text-align: right; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
td p { margin: 0; } .card > p { margin: .35rem 0 0; }
.state { display: inline-block; padding: 0 .55em; border-radius: 1em; border: 1px solid currentColor; font-size: .85rem; white-space: nowrap; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
code, pre { font: .9em/1.45 ui-monospace, monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0 0; max-height: 40rem; overflow: auto; }
form { display: grid; gap: .9rem; max-width: 44rem; }
label { display: grid; gap: .2rem; } label > span { font-weight: 600; }
input, select, textarea, button { font: inherit; color: inherit; background: var(--back); border: 1px solid var(--line); border-radius: 6px; padding: .45rem .6rem; width: 100%; }
textarea { min-height: 5rem; font-family: ui-monospace, monospace; }
button { width: auto; justify-self: start; background: var(--link); color: var(--card); border: 0; padding: .5rem 1.4rem; cursor: pointer; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
img { max-width: 100%; }
footer { max-width: 76rem; margin: 2rem auto 1rem; padding: 0 1rem; color: var(--dim); font-size: .85rem; }
@media (max-width: 44rem) {
  table, tbody, tr, td { display: block; } thead { display: none; } table.card { padding: .25rem 1rem; }
  tr { border-bottom: 1px solid var(--line); padding: .5rem 0; } tr:last-child { border: 0; }
  td { border: 0; padding: .1rem 0; text-align: left; }
  td[data-label]::before { content: attr(data-label) " "; color: var(--dim); font-size: .85rem; }
  td[data-label] { display: inline-block; margin-right: 1rem; }
}
`;
