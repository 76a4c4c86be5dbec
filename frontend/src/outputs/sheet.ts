// What HTML in a shadow root starts from: our type and colours, and tables as drawn. Tokens come in by inheritance.
export const sheetText = `
:host { font: 400 15px/1.5 var(--sans); color: var(--ink); overflow-wrap: anywhere }
a { color: var(--blue); text-underline-offset: 3px }
pre, code, kbd, samp { font: 400 var(--t-code)/var(--line-code) var(--mono) }
pre { white-space: pre-wrap; margin: 0 }
h1, h2, h3, h4 { font-family: var(--serif); line-height: 1.25; margin: 10px 0 6px }
h1 { font-size: var(--t-h2) } h2 { font-size: var(--t-h3) } h3, h4 { font-size: 1rem }
img, svg, video { max-width: 100% }
img { height: auto }
p { margin: 4px 0 8px }
details > summary { cursor: pointer }
.scroll { overflow-x: auto; overflow-wrap: normal; width: fit-content; max-width: 100%; outline-offset: -2px }
.scroll:focus-visible { outline: 2px solid var(--blue) }
table { border-collapse: collapse; border: 0; font: 400 13.5px/1.25 var(--sans); font-variant-numeric: tabular-nums; margin: 2px 0 6px; border-block: 1.5px solid var(--ink) }
caption { text-align: start; font: italic 400 .9375rem/1.4 var(--serif); color: var(--ink-2); padding: 0 0 4px 4px }
th, td { border: 0; padding: 5px 0 5px 28px; text-align: right; vertical-align: baseline }
th { font-weight: 600 }
thead :is(th, td) { padding: 7px 0 6px 28px; border-bottom: .75px solid var(--ink) }
thead tr:not(:last-child) :is(th, td) { border-bottom: 0; padding-bottom: 0 }
:is(th, td):first-child { padding-left: 4px; text-align: left }
:is(th, td):last-child { padding-right: 4px }
tbody th { font-weight: 400; color: var(--ink-2); text-align: left }
tbody tr:hover :is(th, td) { background: color-mix(in oklab, var(--slab) 60%, transparent) }
table + p, .scroll + p { font: 400 var(--t-note)/1.4 var(--sans); color: var(--ink-3); margin: 0 0 4px }
`
