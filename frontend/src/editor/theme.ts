// The editor's own looks, in the terms of css/tokens.css. Box and lines are those of static code (class `code`), to the pixel.
import { EditorView } from '@codemirror/view'
import { COLOUR_VALUES } from '../sync/colours'

const peers = Object.fromEntries(COLOUR_VALUES.map((colour, n) => [`.peer-${n}`, { '--peer': colour }]))

export const theme = EditorView.theme({
  '&': { color: 'inherit', backgroundColor: 'transparent', font: 'inherit' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { font: 'inherit', lineHeight: 'inherit', overflowX: 'auto' },
  '.cm-content': { padding: '0', caretColor: 'var(--rubric)' },
  '.cm-line': { padding: '0 14px' },
  '.cm-cursor, .cm-dropCursor': { borderLeft: '1.5px solid var(--rubric)', marginLeft: '-0.75px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { background: 'var(--sel)' },
  '&.cm-focused .cm-matchingBracket, &.cm-focused .cm-nonmatchingBracket': {
    background: 'none',
    boxShadow: 'inset 0 -1.5px 0 var(--edge)',
  },
  '&.cm-focused .cm-nonmatchingBracket': { boxShadow: 'inset 0 -1.5px 0 var(--rubric)' },
  '.cm-gutters': { background: 'var(--slab)', border: '0', color: 'var(--ink-3)', font: 'inherit', fontSize: '12px' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0', minWidth: '0', width: 'var(--gutter)' },
  '.cm-tooltip': {
    background: 'var(--panel)',
    border: '1px solid var(--rule)',
    borderRadius: '4px',
    boxShadow: '0 8px 28px var(--shade)',
    color: 'var(--ink)',
    zIndex: '4',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { font: '400 13px/1.5 var(--mono)', maxHeight: '240px', padding: '4px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '2px 8px', borderRadius: 'var(--r)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': { background: 'var(--sel)', color: 'var(--ink)' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '600' },
  '.cm-completionDetail': { font: '400 12px/1 var(--sans)', color: 'var(--ink-3)', marginLeft: '16px' },
  '.documentation': { maxWidth: 'min(720px, 90vw)', maxHeight: '320px', overflow: 'auto', padding: '8px 12px' },
  '.documentation pre': { margin: '0', font: '400 13px/1.5 var(--mono)', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  '.peer-caret': { position: 'relative', borderLeft: '1.5px solid var(--peer)', marginLeft: '-0.75px', marginRight: '-0.75px' },
  '.peer-name': {
    position: 'absolute',
    bottom: '100%',
    left: '-1.5px',
    padding: '1px 4px',
    borderRadius: '2px 2px 2px 0',
    font: '500 11px/1.2 var(--sans)',
    background: 'var(--peer)',
    color: 'var(--paper)',
    whiteSpace: 'nowrap',
    pointerEvents: 'none',
    opacity: '0',
    transition: 'opacity .2s',
    zIndex: '3',
  },
  '.peer-caret:hover .peer-name': { opacity: '1' },
  '.peer-selection': { backgroundColor: 'color-mix(in oklab, var(--peer) 22%, transparent)' },
  ...peers,
})
